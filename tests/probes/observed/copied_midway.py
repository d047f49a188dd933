"""Copies and pickles of players, optimizers and tensors between the steps."""

import copy
import io
import pickle

import torch
from _gan import D, G, optD, optG, update

update()
twin, twin_of_opt = copy.deepcopy((D, optD))
bytes_of = [len(pickle.dumps(thing)) for thing in (G, D, optG, optD, G.state_dict(), optD.state_dict())]
loaded = pickle.loads(pickle.dumps((D, optD)))
both = copy.deepcopy({"G": G, "optG": optG})
both["optG"].step()
print(bytes_of, twin_of_opt.param_groups[0]["params"][0] is twin[0].weight)
saved = io.BytesIO()
torch.save({"G": G, "D": D.state_dict(), "opt": optD.state_dict()}, saved)
print(len(saved.getvalue()))
saved.seek(0)
again = torch.load(saved, weights_only=False)
D.load_state_dict(again["D"])
optD.load_state_dict(again["opt"])
update()
shallow = copy.copy(G)
leaf = copy.deepcopy(G[0].weight)
print(leaf._backward_hooks, leaf.grad, vars(leaf), shallow[0].weight is G[0].weight)
try:
    copy.deepcopy(G(torch.ones(2, 2)))
except RuntimeError as error:
    print(error)
for module in (G, D, twin, again["G"]):
    print(sorted(vars(module)), [hooks for name, hooks in vars(module).items() if "hook" in name])
print(vars(optG).keys(), optG._optimizer_step_pre_hooks, torch.optim.optimizer._global_optimizer_pre_hooks == {})
