"""A network cut off where features are read."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class _Extractor(nn.Module):
    """Runs the whole network and hands over what its named layers gave."""

    def __init__(self, model: nn.Module, nodes: dict[str, str]) -> None:
        super().__init__()
        self._nodes = nodes
        for name, child in model.named_children():
            self.add_module(name, child)
        self.__dict__["_model"] = model

    def forward(self, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        model: Any = self.__dict__["_model"]
        model.train(self.training)
        found: dict[str, torch.Tensor] = {}
        inside = dict(model.named_modules())
        handles = [
            inside[node].register_forward_hook(
                lambda _module, _given, made, name=name: found.__setitem__(name, made)
            )
            for node, name in self._nodes.items()
        ]
        try:
            model(*args, **kwargs)
        finally:
            for handle in handles:
                handle.remove()
        return {name: found[name] for name in self._nodes.values()}


def create_feature_extractor(
    model: nn.Module, return_nodes: Any = None, *_: Any, **__: Any
) -> nn.Module:
    """`return_nodes` are names of layers, or what to call the features of each."""
    names = return_nodes if isinstance(return_nodes, dict) else {n: n for n in return_nodes}
    return _Extractor(model, dict(names))


def get_graph_node_names(model: nn.Module, *_: Any, **__: Any) -> tuple[list[str], list[str]]:
    names = [name for name, child in model.named_modules() if not list(child.children())]
    return names, names
