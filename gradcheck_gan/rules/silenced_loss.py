"""GG112: the loss is a leaf that was given requires_grad so that backward() would run."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Location, Value

RULE = Rule(
    "GG112",
    "silenced-loss",
    "error",
    "requires_grad was set on a loss without graph only to make backward() run",
)


def check(study: Study) -> Iterator[Claim]:
    for event in study.ledger.passes.values():
        if event.kind != "backward" or not event.root_is_leaf or not event.traced:
            continue
        for root in event.roots:
            value = study.run.values.get(root)
            players = _players_behind(study, event, value)
            if value is not None and players:
                yield _claim(study, event, value, players)


def _players_behind(study: Study, event: Backward, value: Value | None) -> list[str]:
    """Players whose values the leaf holds, by a path in the record or by nearness."""
    if value is None or value.kind == "parameter":
        return []
    found = study.flow.reached(value.id, event)
    behind = found.cut | found.live | found.zero | found.guessed
    return [player.name for player in study.players if behind & player.parameters]


def _claim(study: Study, event: Backward, value: Value, players: list[str]) -> Claim:
    subjects = {(player.id, event.site) for player in study.players}
    cuts = [cut for cut in _cuts(study, event) if not _is_same_line(cut[0], value.location)]
    hidden = f" at {at(cuts[0][0])}" if cuts else ""
    return RULE.claim(
        f"the backward pass at {at(event.location)} starts from a leaf: 0 parameters got a "
        f"gradient, though its value comes from {', '.join(players)}",
        value.location,
        f"Delete the requires_grad here, let backward() fail, and repair the cut{hidden} that it "
        "hides: the loss must be made of the players' outputs by differentiable operations.",
        subjects=subjects,
        related=[
            *((place, f"the gradient of {player} ends here") for place, player in cuts),
            (event.location, "backward() runs from here and reaches nothing"),
        ],
        evidence={"parameters_with_gradient": len(event.deposits), "leaf": value.name},
        rounds=[event.round],
    )


def _cuts(study: Study, event: Backward) -> list[tuple[Location, str]]:
    """Where the players that step on this pass are cut off from the loss."""
    stepped = {update.player for update in study.updates if event in update.block.passes}
    return [
        (place, player.name)
        for player in study.ordered(stepped)
        if (link := study.link(event, player)).kind == "cut"
        for culprit in link.culprits[:1]
        if (place := culprit.region or culprit.location) is not None
    ]


def _is_same_line(one: Location, other: Location | None) -> bool:
    return other is not None and (one.path, one.line) == (other.path, other.line)
