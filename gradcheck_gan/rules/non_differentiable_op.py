"""GG103: an operation whose result has no gradient stands between the player and its loss."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims

RULE = Rule(
    "GG103",
    "non-differentiable-op",
    "error",
    "a player reaches its loss only through an operation without gradient, such as argmax",
    folds_under=frozenset({"GG112", "GG204", "GG306"}),
)

_DISCRETE = frozenset("argmax argmin multinomial one_hot topk sort max min".split())


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix)


def _name(severance: Severance) -> str:
    return severance.culprit.name if severance.culprit else "operation"


def _cause(study: Study, severance: Severance) -> str:
    return f"the result of `{_name(severance)}` has no gradient, and every path runs through it"


def _fix(study: Study, severance: Severance) -> str:
    name = _name(severance)
    if name in _DISCRETE:
        cure = "`torch.nn.functional.gumbel_softmax(logits, hard=True)`"
    elif name in ("histc", "bincount", "histogram"):
        cure = "a soft histogram (a sum of smooth bins)"
    else:
        cure = "a smooth version (sigmoid of the distance to the threshold)"
    return (
        f"Replace `{name}` on this path by {cure}, or keep its value and pass the gradient of a "
        "soft one straight through: `soft + (hard - soft).detach()`, or `straight_through(fn, "
        "soft)` of gradcheck_gan.estimators (docs/estimators.md)."
    )
