"""Autograd's own graph of a backward pass, as torchviz wrote it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawGraph:
    """Autograd's own graph of a pass: the lines of a DOT text, by its `order` in `Run.raw`.

    `names` are those of autograd's functions, by node of the text; `operations` maps nodes to
    values, `parameters` to parameters; `outputs` are the losses. `why_not` says why there are no
    lines.
    """

    body: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    operations: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()
    why_not: str = ""
