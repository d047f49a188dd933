"""The networks whose features GANs are trained or measured with; their weights are random."""

from __future__ import annotations

from . import (
    _api,
    alexnet,
    densenet,
    feature_extraction,
    inception,
    mobilenetv2,
    resnet,
    squeezenet,
    vgg,
)
from ._api import get_model, get_weight, list_models

_SHOWN = (alexnet, densenet, inception, mobilenetv2, resnet, squeezenet, vgg)

NAMES = {
    name: value
    for module in _SHOWN
    for name, value in vars(module).items()
    if name in _api.BUILDERS
    or name in _api.WEIGHTS
    or (isinstance(value, type) and value.__module__ == module.__name__ and name[0] != "_")
}

__all__ = [*NAMES, "feature_extraction", "get_model", "get_weight", "list_models", "resnet", "vgg"]

# Last, since a function and the module that it is in may have one name.
globals().update(NAMES)
