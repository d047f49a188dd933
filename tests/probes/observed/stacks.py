"""Looks at its own stack from forward passes, hooks and functions; prints tracebacks itself."""

import inspect
import logging
import sys
import traceback

import torch
from _gan import D, G, update
from torch import nn

logging.basicConfig(stream=sys.stdout, format="%(filename)s %(funcName)s %(lineno)d %(message)s")


def told(*_):
    print([(entry.function, entry.lineno, entry.code_context) for entry in inspect.stack()])
    traceback.print_stack(file=sys.stdout)
    print("".join(traceback.format_stack(limit=3)), inspect.currentframe().f_back.f_code.co_name)
    logging.warning("told", stack_info=True)


class Looking(nn.Module):
    def forward(self, x):
        told()
        return x


class Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        told()
        return x * 2

    @staticmethod
    def backward(ctx, g):
        told()
        return g


class Tagged(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        told()
        return super().__torch_function__(func, types, args, kwargs or {})


update()
score = nn.Sequential(Looking(), D)(G(torch.randn(2, 2)))
score.register_hook(told)
Function.apply(score).sum().backward()
torch.nn.functional.softmax(torch.ones(2).as_subclass(Tagged), 0)
for wrong in (
    lambda: D(torch.ones(7)),
    lambda: torch.nn.functional.cross_entropy(torch.ones(2), torch.ones(3)),
    lambda: torch.nn.functional.pad(torch.ones(2), (1, 1, 1, 1), mode="reflect"),
    lambda: torch.ones(1).backward(),
    lambda: torch.from_numpy(3),
    lambda: torch.Tensor("x"),
):
    try:
        wrong()
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        print([entry.function for entry in inspect.trace()], inspect.getinnerframes(error.__traceback__)[-1].lineno)
