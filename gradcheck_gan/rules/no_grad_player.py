"""GG102: the stepping player ran where gradients were switched off."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims

RULE = Rule(
    "GG102",
    "no-grad-player",
    "error",
    "a player steps on a loss that it reached only through a no_grad region",
    folds_under=frozenset({"GG112", "GG204", "GG306", "GG401", "GG402"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix)


def _cause(study: Study, severance: Severance) -> str:
    culprit = severance.culprit
    if culprit is not None and culprit.kind == "function":
        return f"`{culprit.name}` runs it without gradient, because none of its inputs requires one"
    first = "" if culprit is None else f"; `{culprit.name}` at {at(culprit.location)} is the first"
    return f"every path from it to that loss passes a region without gradient{first}"


def _fix(study: Study, severance: Severance) -> str:
    name = severance.player.name
    if severance.culprit is not None and severance.culprit.kind == "function":
        return (
            "Call checkpoint(..., use_reentrant=False), or give it an input that requires grad: "
            f"the reentrant kind drops the gradient of {name} otherwise."
        )
    return (
        f"Run {name} for this loss outside the region (no_grad, inference_mode or "
        "set_grad_enabled(False), be it a decorator); keep the region for samples and metrics."
    )
