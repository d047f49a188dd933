"""GG101: the stepping player's only paths to the loss are cut by detach, `.data` or a rewrap."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims

RULE = Rule(
    "GG101",
    "detached-player",
    "error",
    "a player steps on a loss from which it was detached",
    folds_under=frozenset({"GG112", "GG204", "GG306", "GG401", "GG402"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix)


def _spelling(severance: Severance) -> str:
    name = severance.culprit.name if severance.culprit else "detach"
    return {"data": "`.data`", "alias": "a new tensor on the same storage"}.get(name, f"`{name}()`")


def _cause(study: Study, severance: Severance) -> str:
    return f"{_spelling(severance)} cuts every path from it to that loss"


def _fix(study: Study, severance: Severance) -> str:
    where = at(severance.culprit.location if severance.culprit else None)
    return (
        f"Remove {_spelling(severance)} at {where} on the way to this loss, so that the gradient "
        f"comes back to {severance.player.name}. Detach only in the other player's own step, and "
        "zero that player's gradients before its backward pass."
    )
