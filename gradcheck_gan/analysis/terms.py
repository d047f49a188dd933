"""Additive terms of a loss: which values are summed into it, with which sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradcheck_gan.run import Run, Value

_SUMS = frozenset(
    "add add_ __add__ __radd__ __iadd__ stack cat concat concatenate hstack vstack merge".split()
)
_DIFFERENCES = frozenset("sub sub_ subtract __sub__ __isub__".split())
_REVERSED = frozenset("__rsub__ rsub".split())
_LINEAR = frozenset(
    "sum mean squeeze unsqueeze view reshape flatten float double half to type clone contiguous "
    "alias ravel bfloat16 requires_grad_ __getitem__ unbind permute transpose nan_to_num cpu "
    "view_as expand".split()
)
_SCALED = frozenset(
    "mul multiply mul_ div divide true_divide div_ __mul__ __rmul__ __imul__ __truediv__".split()
)
_DIVISIONS = frozenset("div divide true_divide div_ __truediv__".split())


@dataclass(frozen=True, slots=True)
class Term:
    """`sign` is -1 for a subtracted term; `weight` 0 when it was multiplied by zero.

    `scale` is what gradient scalers multiplied it by.
    """

    value: Value
    sign: int = 1
    weight: float = 1.0
    scale: float = 1.0


def decompose(
    run: Run,
    root: int,
    is_inside_player: Callable[[Value], bool],
    is_computed: Callable[[int], bool],
    most: int | None = None,
) -> list[Term]:
    """Split a loss at sums; stop at a product of two computed factors and inside players.

    Looks at `most` values at most, where more would not be understood.

    `is_computed` tells values that come from a player's parameters, whatever became of their
    gradient; all other factors are constants.
    """
    terms: list[Term] = []
    pending = [(root, 1, 1.0, 1.0)]
    seen: set[int] = set()
    while pending and (most is None or len(seen) < most):
        identity, sign, weight, scale = pending.pop()
        value = run.values.get(identity)
        if value is None or not is_computed(identity) or identity in seen:
            continue
        seen.add(identity)
        scale *= value.scale
        parts = None if is_inside_player(value) else _parts(value, is_computed)
        if parts is None:
            terms.append(Term(value, sign, weight, scale))
        else:
            pending.extend((part, sign * s, weight * w, scale) for part, s, w in reversed(parts))
    return sorted(terms, key=lambda term: term.value.id)


def _parts(value: Value, is_computed: Callable[[int], bool]) -> list[tuple[int, int, float]] | None:
    """Input, sign and weight of what a linear operation adds up; None if it is not one."""
    sources = [edge.source for edge in value.inputs]
    if value.cut is not None or value.zero or value.kind not in ("op", "merge") or not sources:
        return None
    if value.name in _SUMS or value.kind == "merge":
        return [(source, 1, 1.0) for source in sources]
    if value.name in _DIFFERENCES or value.name in _REVERSED:
        signs = (-1, 1) if value.name in _REVERSED else (1, -1)
        if len(sources) == 1:
            return [(sources[0], signs[0], 1.0)]
        return [(source, sign, 1.0) for source, sign in zip(sources, signs, strict=False)]
    if value.name in ("neg", "neg_", "negative", "__neg__"):
        return [(sources[0], -1, 1.0)]
    if value.name in _LINEAR:
        return [(sources[0], 1, 1.0)]
    if value.name in _SCALED:
        computed = [source for source in sources if is_computed(source)]
        if len(computed) == 1 and (value.name not in _DIVISIONS or sources[0] in computed):
            factor = 1.0 if value.constant is None else value.constant
            return [(computed[0], -1 if factor < 0 else 1, factor)]
    return None
