"""Weights by their names. None are there: a network that asks for them gets random ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any

import torch
from torch import nn

from gradcheck_gan.stand_ins.telling import tell

from ..transforms.presets import ImageClassification

BUILDERS: dict[str, Callable[..., nn.Module]] = {}
WEIGHTS: dict[str, type[Enum]] = {}

_SEED = 0


class Weights:
    """What one member of an enumeration stands for."""

    def __init__(self, name: str, size: int) -> None:
        self.url = f"{name}.pth"
        self.meta: dict[str, Any] = {
            "categories": [f"class {number}" for number in range(1000)],
            "min_size": (1, 1),
        }
        self._size = size

    def transforms(self) -> ImageClassification:
        return ImageClassification(crop_size=self._size)


class WeightsEnum(Enum):
    @property
    def url(self) -> str:
        return str(self.value.url)

    @property
    def meta(self) -> dict[str, Any]:
        found: dict[str, Any] = self.value.meta
        return found

    @property
    def transforms(self) -> Callable[[], ImageClassification]:
        made: Callable[[], ImageClassification] = self.value.transforms
        return made

    def get_state_dict(self, *_: Any, **__: Any) -> Any:
        from gradcheck_gan.stand_ins.pretrained import MissingWeights

        return MissingWeights()

    @classmethod
    def verify(cls, value: Any) -> Any:
        return cls[value.replace(f"{cls.__name__}.", "")] if isinstance(value, str) else value


def enumeration(name: str, versions: Sequence[str], size: int) -> Any:
    """`VGG19_Weights` and its like; the last version is the default."""
    members = {version: Weights(f"{name}.{version}", size) for version in versions}
    family: Any = WeightsEnum
    made: Any = family(name, {**members, "DEFAULT": members[versions[-1]]})
    WEIGHTS[name] = made
    return made


def builder(
    weights: str, make: Callable[..., nn.Module], name: str, versions: Sequence[str], size: int
) -> tuple[Callable[..., nn.Module], Any]:
    """A function as torchvision has one, and the weights that it may be asked for."""
    known = enumeration(weights, versions, size)

    def build(*args: Any, weights: Any = None, progress: bool = True, **options: Any) -> nn.Module:
        asked = bool(options.pop("pretrained", args[0] if args else False) or known.verify(weights))
        if not asked:
            return make(**options)
        tell("Pretrained weights were asked for, and random ones stood in: {}.", name)
        with own_generator():
            net = make(**options)
            spread(net)
        return net

    build.__name__ = build.__qualname__ = name
    BUILDERS[name] = build
    return build, known


@contextmanager
def own_generator() -> Iterator[None]:
    """Draw without moving the script's generator: a file of weights would not have moved it."""
    state = torch.get_rng_state()
    torch.default_generator.manual_seed(_SEED)
    try:
        yield
    finally:
        torch.set_rng_state(state)


def spread(net: nn.Module) -> None:
    """Weights under which deep features neither vanish nor explode."""
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def get_model(name: str, **options: Any) -> nn.Module:
    found = BUILDERS.get(name.lower())
    if found is None:
        raise ValueError(f"Unknown model {name}")
    return found(**options)


def list_models(*_: Any, **__: Any) -> list[str]:
    return sorted(BUILDERS)


def get_weight(name: str) -> Any:
    kind, _, version = name.partition(".")
    return WEIGHTS[kind][version]


def handle_legacy_interface(*_: Any, **__: Any) -> Callable[[Any], Any]:
    return lambda function: function
