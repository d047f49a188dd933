"""Asks torch's functions who they are."""

import copy
import inspect
import pickle

import torch
from _gan import D, G, update
from torch import nn
from torch.utils.data import DataLoader

update()
for thing in (
    nn.Module.__call__,
    nn.Module._wrapped_call_impl,
    torch.autograd.Function.apply,
    torch.autograd.backward,
    torch.autograd.graph._engine_run_backward,
    torch.optim.Optimizer,
    torch.optim.Optimizer.__init__,
    torch.optim.Adam,
    torch.amp.GradScaler.step,
    torch.inference_mode.__enter__,
    torch.from_numpy,
    torch.compile,
    torch.overrides.has_torch_function,
):
    print(thing.__name__, (thing.__doc__ or "")[:40])
    try:
        print(inspect.signature(thing))
    except ValueError as error:
        print(error)
    print(pickle.loads(pickle.dumps(thing)) == thing, copy.copy(thing) is thing)
print(nn.Module.__call__ is nn.Module._wrapped_call_impl, "__call__" in vars(nn.Sequential))
print(len(inspect.getsource(nn.Module.__call__)), inspect.getsourcelines(nn.Module.__call__)[1])
print(nn.Module.__call__.__code__.co_varnames[:3], nn.Module.__call__.__code__.co_argcount)
print(len(inspect.getsource(torch.autograd.Function.apply)), G.__call__.__func__ is nn.Module.__call__)
print(torch.overrides.is_tensor_method_or_property(torch.Tensor.add))
print(torch.overrides.has_torch_function((torch.ones(1),)), torch.overrides.resolve_name(torch.Tensor.add))
print(len(torch.overrides.get_overridable_functions()), torch.is_tensor(torch.ones(1)))
print(sorted(vars(D[0])), [name for name in vars(torch.optim.Optimizer) if "gradcheck" in name])
del thing
