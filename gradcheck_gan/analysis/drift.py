"""Players that several ranks train each in its own way, though they began as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.shares import names_of
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.run import Peer, Run, Step

_SAME_GRADIENT, _SAME_VALUES = 1e-3, 1e-6
"""Of the norm. A gradient summed in another order differs by less, one of another batch by more;
what a step with a small learning rate changes is small."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One parameter in one step: whether on both ranks the gradient was the same, the values
    before, and those after. `idle` gradients are zero on both.
    """

    parameter: int
    same_gradient: bool
    same_before: bool
    same_after: bool
    idle: bool


@dataclass(frozen=True, slots=True)
class Pairing:
    """A player on this rank beside the same on another; `steps` are those that both have made."""

    player: Player
    rank: int
    steps: tuple[Step, ...]
    compared: tuple[tuple[Compared, ...], ...]

    @property
    def began_equal(self) -> bool:
        return bool(self.compared) and all(one.same_before for one in self.compared[0])

    @property
    def apart(self) -> frozenset[int]:
        """Parameters that got another gradient there in every step, if they differ by now."""
        if len(self.compared) < 2 or all(one.same_after for one in self.compared[-1]):
            return frozenset()
        sets = [{c.parameter for c in step if not c.same_gradient} for step in self.compared]
        return frozenset(set.intersection(*sets))

    @property
    def alike(self) -> frozenset[int]:
        """Parameters that got the same gradient there in every step, and not zero."""
        sets = [
            {c.parameter for c in step if c.same_gradient and not c.idle} for step in self.compared
        ]
        return frozenset(set.intersection(*sets)) if len(sets) > 1 else frozenset()

    @property
    def never_equal(self) -> frozenset[int]:
        """Parameters that differed before every step."""
        sets = [{c.parameter for c in step if not c.same_before} for step in self.compared]
        return frozenset(set.intersection(*sets)) if sets else frozenset()

    @property
    def parted(self) -> frozenset[int]:
        """Parameters that were equal before the first step, and before no other."""
        first, *later = [
            {c.parameter for c in step if not c.same_before} for step in self.compared
        ] or [set[int]()]
        return frozenset(set.intersection(*later) - first) if later else frozenset()

    @property
    def in_step(self) -> bool:
        """Began equal, and every gradient was the same on both."""
        everything = [one for step in self.compared for one in step]
        moved = any(not one.idle for one in everything)
        return self.began_equal and moved and all(one.same_gradient for one in everything)


def pairings(study: Study) -> Iterator[Pairing]:
    for peer in study.run.peers:
        for player in study.players:
            found = list(_compared(study.run, player, peer))
            if found:
                steps, compared = zip(*found, strict=True)
                yield Pairing(player, peer.rank, steps, compared)


def _compared(run: Run, player: Player, peer: Peer) -> Iterator[tuple[Step, tuple[Compared, ...]]]:
    theirs: dict[str, list[Mapping[str, tuple[float, ...]]]] = defaultdict(list)
    for share in peer.shares:
        theirs[share.optimizer].append(share.figures)
    counts: dict[str, int] = defaultdict(int)
    for step in run.events:
        if not isinstance(step, Step) or not step.figures or step.skipped:
            continue
        name = run.optimizers[step.optimizer].name
        number, counts[name] = counts[name], counts[name] + 1
        if number < len(theirs[name]):
            compared = tuple(_parameters(run, player, step, theirs[name][number]))
            if compared:
                yield step, compared


def _parameters(
    run: Run, player: Player, step: Step, theirs: Mapping[str, tuple[float, ...]]
) -> Iterator[Compared]:
    for name, identity in names_of(run, step).items():
        own, other = step.figures[identity], theirs.get(name)
        if identity in player.parameters and other is not None:
            idle = own[1] == 0.0 and other[1] == 0.0
            gradient = _same(own[:2], other[:2], _SAME_GRADIENT)
            before = _same(own[2:4], other[2:4], _SAME_VALUES)
            after = _same(own[4:], other[4:], _SAME_VALUES)
            yield Compared(identity, gradient, before, after, idle)


def _same(one: tuple[float, ...], other: tuple[float, ...], within: float) -> bool:
    """Sums may cancel: they are compared beside the norm, which is the second figure."""
    scale = max(one[1], other[1])
    if scale != scale or scale - scale != 0.0:  # not finite on one rank: nothing can be said
        return True
    return all(abs(a - b) <= within * scale for a, b in zip(one, other, strict=True))
