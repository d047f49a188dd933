"""The boxes of a picture while values are folded into them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from gradcheck_gan.picture.drawing import Flow, NodeKind, Role
from gradcheck_gan.run import Location

Key = tuple[str, int | str]

BY_STRENGTH: tuple[Flow, ...] = ("flows", "zero", "cut", "left", "apart", "lost", "data")
STRENGTH = {flow: strength for strength, flow in enumerate(BY_STRENGTH)}


@dataclass(slots=True)
class Box:
    """One future node; `at` is the place of its last value in the order of computation.

    `inner` boxes lie in a frame of one player, where modules may be counted rather than named.
    Elsewhere only those of one `family` are. A box `beside` holds nothing of the part to be drawn.
    """

    key: Key
    kind: NodeKind
    at: int
    gets: bool = False
    head: str = ""
    code: str | None = None
    group: int | None = None
    inner: bool = False
    beside: bool = False
    family: Hashable = None
    role: Role | None = None
    names: list[str] = field(default_factory=list)
    places: list[Location] = field(default_factory=list)
    parameters: set[int] = field(default_factory=set)
    calls: set[int] = field(default_factory=set)
    layers: int = 0
    cuts: int = 0
    count: int = 1
    absorbed: list[Key] = field(default_factory=list)

    @property
    def marked(self) -> bool:
        return self.code is not None or self.kind in ("cut", "zero", "loss")

    def absorb(self, other: Box) -> None:
        if self.kind != other.kind:
            self.kind = "module" if {self.kind, other.kind} == {"module", "op"} else "op"
        self.head = self.head if self.head == other.head else ""
        self.group = self.group if self.group == other.group else None
        self.code = self.code or other.code
        self.absorbed += [other.key, *other.absorbed]
        self.cuts += other.cuts
        self.at = max(self.at, other.at)
        self.names += other.names
        self.places += other.places
        self.parameters |= other.parameters
        self.calls |= other.calls
        self.count += other.count
        self.gets = self.gets or other.gets
        self.beside = self.beside and other.beside
        self.role = self.role if self.role == other.role else None


@dataclass(slots=True)
class Bundle:
    """All values between two boxes, drawn as one link by its strongest flow."""

    flow: Flow
    label: str = ""

    def add(self, flow: Flow, label: str = "") -> None:
        if STRENGTH[flow] < STRENGTH[self.flow]:
            self.flow, self.label = flow, label
        elif flow == self.flow and not self.label:
            self.label = label


Bundles = dict[tuple[Key, Key], Bundle]


def connect(bundles: Bundles, upper: Key, lower: Key, flow: Flow, label: str = "") -> None:
    if upper == lower:
        return
    bundle = bundles.get((upper, lower))
    if bundle is None:
        bundles[upper, lower] = Bundle(flow, label)
    else:
        bundle.add(flow, label)


def accuse_one_box_a_line(boxes: Mapping[Key, Box]) -> None:
    """Of all that happens on a finding's line, accuse the cut, else the module, else the rest."""
    order: tuple[frozenset[str], ...] = (frozenset({"cut", "zero"}), frozenset({"module"}))
    accused: dict[tuple[str, int], list[Box]] = {}
    for box in boxes.values():
        if box.code is not None and box.places:
            accused.setdefault((box.places[0].file, box.places[0].line), []).append(box)
    for group in accused.values():
        for kinds in order:
            if any(box.kind in kinds for box in group):
                for box in group:
                    box.code = box.code if box.kind in kinds else None
                break
