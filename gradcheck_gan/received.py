"""What a loss sent to the tensors that an assertion asks for, and which of it is a failure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from gradcheck_gan.run import Deposit

State = Literal["flows", "none", "zero", "nonfinite", "frozen"]

LIKELY: Mapping[State, str] = {
    "nonfinite": "torch.autograd.set_detect_anomaly(True) names the operation that made NaN; look "
    "for a logarithm, a division, a square root or a power that meets 0.",
    "zero": "A gradient arrives, and it is zero. A gate or a last layer that begins at zero does "
    "that, a loss weight of 0, a met margin, a saturated activation. Where it is meant, name the "
    "parameters in allow=.",
    "none": "No value of the loss was computed from what got None. Where that is meant, name the "
    "parameters in allow=.",
}
"""What each failure likely means, where no line is known."""


@dataclass(frozen=True, slots=True)
class Received:
    """One tensor of a player.

    `group` names the module that holds it; tensors given without a module are one group.
    `parameter` is its number in the recorded run, if there is one.
    """

    name: str
    group: str
    state: State
    parameter: int | None = None


def state_of(deposit: Deposit | None, *, frozen: bool) -> State:
    if deposit is None:
        return "frozen" if frozen else "none"
    if not deposit.finite:
        return "nonfinite"
    return "zero" if deposit.zero else "flows"


def is_allowed(name: str, player: str, allow: Sequence[str]) -> bool:
    """Whether a pattern names it, with or without the player's own name in front."""
    names = (name, f"{player}.{name}")
    return any(fnmatchcase(each, pattern) for each in names for pattern in allow)


def starved(received: Iterable[Received]) -> tuple[Received, ...]:
    """What must not be so where gradient is to flow.

    None, NaN and Inf in any tensor; zeros only where a whole group got nothing else, since one
    bias may rightly cancel; frozen tensors only where nothing is left to train.
    """
    received = tuple(received)
    if all(each.state == "frozen" for each in received):
        return received
    groups: dict[str, set[State]] = defaultdict(set)
    for each in received:
        groups[each.group].add(each.state)
    return tuple(
        each
        for each in received
        if each.state in ("none", "nonfinite")
        or (each.state == "zero" and groups[each.group] <= {"zero", "frozen"})
    )


def reached(received: Iterable[Received]) -> tuple[Received, ...]:
    """What must not be so where no gradient is to flow."""
    return tuple(each for each in received if each.state in ("flows", "nonfinite"))


def hints(states: Iterable[State]) -> tuple[str, ...]:
    seen = set(states)
    return tuple(words for state, words in LIKELY.items() if state in seen)
