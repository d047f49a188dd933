"""GG108: a custom autograd Function gives no gradient back and so severs the player."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims

RULE = Rule(
    "GG108",
    "broken-backward",
    "error",
    "the backward of a custom Function returns None for an input that needs gradient",
    folds_under=frozenset({"GG112", "GG204", "GG306"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix)


def _name(severance: Severance) -> str:
    return severance.culprit.name if severance.culprit else "the Function"


def _cause(study: Study, severance: Severance) -> str:
    return f"a gradient arrived in `{_name(severance)}.backward`, which returned None"


def _fix(study: Study, severance: Severance) -> str:
    return (
        f"Return a gradient from `{_name(severance)}.backward` for every input that requires one "
        "(grad_output itself for a straight-through estimator); None means: not differentiable."
    )
