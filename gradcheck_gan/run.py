"""What a recorded run consists of: frozen data, free of torch and of live objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gradcheck_gan.aftermath import Aftermath as Aftermath
from gradcheck_gan.location import Location as Location
from gradcheck_gan.outcome import Outcome as Outcome
from gradcheck_gan.outcome import Status as Status
from gradcheck_gan.peers import Broadcast as Broadcast
from gradcheck_gan.peers import Peer as Peer
from gradcheck_gan.peers import Replica as Replica
from gradcheck_gan.peers import Share as Share
from gradcheck_gan.precision import Clip as Clip
from gradcheck_gan.precision import Unscaling as Unscaling
from gradcheck_gan.rawgraph import RawGraph


@dataclass(frozen=True, slots=True)
class Parameter:
    """A leaf tensor that an optimizer holds or that required grad when an operation read it."""

    id: int
    name: str
    module: int | None
    shape: tuple[int, ...]

    @property
    def numel(self) -> int:
        total = 1
        for size in self.shape:
            total *= size
        return total


@dataclass(frozen=True, slots=True)
class Module:
    """An `nn.Module` that holds parameters of the run; `parameters` includes its children's."""

    id: int
    name: str
    class_name: str
    parent: int | None
    parameters: frozenset[int]
    called: bool
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Optimizer:
    """`duplicates` are the parameters that it was given more than once."""

    id: int
    name: str
    class_name: str
    parameters: frozenset[int]
    made: Location | None
    duplicates: frozenset[int] = frozenset()


CutKind = Literal["detach", "no_grad", "operation", "escape", "function", "grad"]


@dataclass(frozen=True, slots=True)
class Edge:
    """One input of a value: `live` when the tensor required grad as it was read."""

    source: int
    live: bool


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor's content as one operation left it.

    `kind` tells leaves (`parameter`, `source`) from results (`op`, `function`, `grad`, `merge`) and
    from values that left autograd and came back (`rebuild`). `cut` says how gradient stops here
    when an input was live and the result is not. `guessed` inputs were joined by nearness, not by
    identity. `memory` is the id of the value that first lived where this one lives, 0 for its own,
    and `keeps` are the memories whose content the derivative of this operation needs. `stacks`
    tells that the inputs became samples of one batch, one below the other. `scale` is what a
    gradient scaler multiplied it by. A hook of the script's is given the gradient of `hooked` ones.
    """

    id: int
    name: str
    kind: Literal["op", "parameter", "source", "function", "grad", "merge", "rebuild", "escape"]
    inputs: tuple[Edge, ...] = ()
    live: bool = False
    cut: CutKind | None = None
    location: Location | None = None
    region: Location | None = None
    call: int | None = None
    parameter: int | None = None
    constant: float | None = None
    guessed: tuple[int, ...] = ()
    zero: bool = False
    depth: int = 0
    memory: int = 0
    keeps: tuple[int, ...] = ()
    stacks: bool = False
    scale: float = 1.0
    hooked: bool = False

    @property
    def lives_in(self) -> int:
        return self.memory or self.id


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an `nn.Module`; values with `call == id`, or nested in it, were made inside.

    `moved` counts the buffers that an outermost call changed. `hooked` calls are of modules with
    hooks that are given gradients.
    """

    id: int
    module: int
    parent: int | None
    location: Location | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    moved: int = 0
    hooked: bool = False


@dataclass(frozen=True, slots=True)
class Deposit:
    """What one backward pass added to one parameter's gradient; `hooked` if the script saw it."""

    zero: bool
    finite: bool
    magnitude: float
    hooked: bool = False


@dataclass(frozen=True, slots=True)
class Backward:
    """One run of the autograd engine: `backward` deposits, `grad` returns gradients.

    `order` is the position on the run's one clock, which values' ids share. `cleared` holds the
    parameters whose gradient was found cleared (by value) since the event before. `signals` maps a
    module call to the gradient that arrived at its output, averaged over the batch; `scores` holds
    it sample by sample where the output is one number for each. `zeroed`, `refused` and `reversed`
    hold values whose node passed on zeros, nothing, or the gradient with its sign turned.
    `retained` tells whether the pass left the graph whole, for another one.
    """

    order: int
    kind: Literal["backward", "grad"]
    round: int
    location: Location | None
    site: str
    roots: tuple[int, ...] = ()
    deposits: Mapping[int, Deposit] = field(default_factory=dict)
    cleared: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()
    traced: bool = True
    error: str | None = None
    root_is_leaf: bool = False
    inputs: tuple[int, ...] = ()
    seed: tuple[int, ...] = ()
    create_graph: bool = False
    retained: bool = False
    signals: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    zeroed: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    reversed: frozenset[int] = frozenset()
    scores: Mapping[int, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """An optimizer's step, or one that a gradient scaler skipped.

    `gradients` holds, per parameter of the optimizer, what it stepped on. `changed` are those whose
    values it was seen to change, `hidden` those of them that torch did not count as written.
    `outside` maps parameters that the script clips to the largest distance from their bounds that
    the step left, if any. `scaler` is the gradient scaler that made the step, `divisor` what the
    optimizer itself divided by for it, and `touched` are those whose gradient the script changed by
    other means. `figures` holds, where several processes train together, sum and norm of each
    gradient that it stepped on, of the parameter as it was before, and as it is after. `inside` is
    the pass that was running, if a hook of the script's made the step.
    """

    order: int
    round: int
    optimizer: int
    location: Location | None
    site: str
    gradients: Mapping[int, Literal["none", "zero", "nonzero", "nonfinite"]]
    cleared: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()
    skipped: bool = False
    closure: bool = False
    outside: Mapping[int, float] = field(default_factory=dict)
    changed: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    scaler: int | None = None
    divisor: float = 1.0
    touched: frozenset[int] = frozenset()
    figures: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    inside: int | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A parameter written in place outside any optimizer, from value `source`.

    `bounds` are those that it was clipped to, if it was and nothing else was done to it. `hidden`
    writes are not counted by torch; `before` and `after` are a few of the entries.
    """

    order: int
    round: int
    parameter: int
    value: int | None
    location: Location | None
    bounds: tuple[float, float] | None = None
    hidden: bool = False
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Overwrite:
    """Any tensor written in place; recorded only if a backward pass of the run has failed."""

    order: int
    memory: int
    name: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class Freeze:
    """`requires_grad` of a parameter was set by the script."""

    order: int
    parameter: int
    requires_grad: bool
    location: Location | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A scalar with a graph that the program has no way to read, and the line that lost it.

    `each`: not a scalar, but a number for each sample that was made of a slope.
    """

    value: int
    round: int
    location: Location | None
    each: bool = False


@dataclass(frozen=True, slots=True)
class Escape:
    """A value made of a gradient with a graph left autograd as a plain number."""

    value: int
    number: float


Event = Backward | Step | Write | Freeze


@dataclass(frozen=True, slots=True)
class Run:
    """Everything recorded of one script: the only thing that rules and reports look at.

    Of several processes that train together it is that of one `rank`; `peers` are the others.
    """

    target: str
    outcome: Outcome
    parameters: Mapping[int, Parameter] = field(default_factory=dict)
    modules: Mapping[int, Module] = field(default_factory=dict)
    optimizers: Mapping[int, Optimizer] = field(default_factory=dict)
    values: Mapping[int, Value] = field(default_factory=dict)
    calls: Mapping[int, Call] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    overwrites: tuple[Overwrite, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    escapes: tuple[Escape, ...] = ()
    raw: Mapping[int, RawGraph] = field(default_factory=dict)
    unscalings: tuple[Unscaling, ...] = ()
    clips: tuple[Clip, ...] = ()
    aftermaths: tuple[Aftermath, ...] = ()
    rank: int | None = None
    peers: tuple[Peer, ...] = ()
    replicas: tuple[Replica, ...] = ()
    broadcasts: tuple[Broadcast, ...] = ()
