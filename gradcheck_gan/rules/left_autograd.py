"""GG105: values left autograd through Python or numpy and came back as a new tensor."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._severed import claims
from gradcheck_gan.run import Location, Value

RULE = Rule(
    "GG105",
    "left-autograd",
    "error",
    "a player's values became Python numbers or an array and came back as a new tensor",
    folds_under=frozenset({"GG112", "GG204", "GG306"}),
)


def check(study: Study) -> Iterator[Claim]:
    yield from claims(study, RULE, _cause, _fix)


def exit_of(study: Study, severance: Severance) -> Value | None:
    """The place where the values left, if it is known or can be guessed."""
    culprit = severance.culprit
    if culprit is None:
        return None
    for other in severance.others:
        if other.cut == "escape" or other.kind == "escape":
            return other
    below = study.flow.below(culprit.id)
    escapes = [v for i in sorted(below) if (v := study.run.values[i]).kind == "escape"]
    if escapes:
        return escapes[-1]
    guesses = [study.run.values[g] for g in culprit.guessed if g in study.run.values]
    mine = [g for g in guesses if severance.player.id in study.meetings.upstream.get(g.id, ())]
    likely = mine or guesses
    return likely[0] if likely else None


def _cause(study: Study, severance: Severance) -> str:
    left = exit_of(study, severance)
    culprit = severance.culprit
    probably = "probably " if culprit is not None and culprit.guessed else ""
    way = "" if left is None or left is culprit else f" after `{left.name}` at {at(left.location)}"
    return f"the tensor made at {at(_place(culprit))} is {probably}its output, rebuilt{way}"


def _place(culprit: Value | None) -> Location | None:
    return culprit.location if culprit else None


def _fix(study: Study, severance: Severance) -> str:
    return (
        "Stay with tensor operations from the player to the loss. For a hard decision keep the "
        "value and pass the gradient straight through, `soft + (hard - soft).detach()`; for a "
        "choice made by Python code sample it and use `score_function_loss(log_prob, reward)` of "
        "gradcheck_gan.estimators (docs/estimators.md)."
    )
