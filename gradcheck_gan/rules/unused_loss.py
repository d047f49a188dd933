"""GG309: a scalar with a graph to a player was computed, and nothing can have read it."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.terms import decompose
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Dropped, Location, Value
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG309",
    "unused-loss",
    "warning",
    "a scalar with a graph to a player is computed, then lost unread; no part of it trains",
    folds_under=frozenset(
        {"GG109", "GG112", "GG301", "GG305"} | {f"GG{number}" for number in range(101, 109)}
    ),
)


def check(study: Study) -> Iterator[Claim]:
    places: dict[Location, list[Dropped]] = {}
    for dropped in study.run.dropped:
        if dropped.location is not None:
            places.setdefault(dropped.location, []).append(dropped)
    went_back = frozenset[int]().union(
        *(study.flow.below(root) for event in study.ledger.passes.values() for root in event.roots)
    )
    for place, found in places.items():
        values = [study.run.values[dropped.value] for dropped in found]
        players = _players(study, values)
        proven = players and study.is_proven(len(found))
        used = any(_is_trained_on(study, value, went_back) for value in values)
        if proven and not used and not (found[0].each and _slope_is_used(study, values, went_back)):
            yield _claim(study, place, found, values, players)


def _players(study: Study, values: list[Value]) -> list[Player]:
    """Those that have an optimizer and that every one of the scalars has a gradient path to."""
    upstream = [study.meetings.live_upstream.get(value.id, frozenset()) for value in values]
    common = frozenset.intersection(*upstream)
    return [player for player in study.players if player.id in common and player.optimizers]


def _is_trained_on(study: Study, value: Value, went_back: frozenset[int]) -> bool:
    """A part of the sum went backward by itself, or the scalar is a player's inner affair."""
    if study.is_inside_player(value):
        return True
    computed = study.meetings.computed.__contains__
    parts = decompose(study.run, value.id, study.is_inside_player, computed)
    return any(part.value.id in went_back for part in parts)


def _slope_is_used(study: Study, values: list[Value], went_back: frozenset[int]) -> bool:
    """What was made of the same slope went backward: then this was only to be looked at."""
    below = study.flow.below(*(value.id for value in values))
    return any(study.run.values[one].kind == "grad" for one in below & went_back)


def _claim(
    study: Study, place: Location, found: list[Dropped], values: list[Value], players: list[Player]
) -> Claim:
    names = listed(player.name for player in players)
    reached = study.meetings.live_upstream
    made = values[0].location
    what = "penalty of each sample" if found[0].each else "scalar"
    return RULE.claim(
        f"the {what} computed at {at(place)} has a gradient path to {names}, but nothing reads it "
        f"({counted(len(found), 'time')} in {counted(study.run.outcome.rounds, 'round')}), and no "
        "part of it was in any backward pass",
        place,
        f"If {names} should learn from it, add it to the loss that goes backward; if not, delete "
        "the line, or compute it under torch.no_grad() and print it.",
        subjects={
            (player.id, event.site)
            for player in players
            for update in study.updates_of(player)
            for event in (*study.own_passes(update), *update.block.passes)
        },
        related=[(made, "computed here")] if made != place else [],
        player=players[0].name,
        evidence={
            "scalars": len(found),
            "players_reached": len(reached[values[0].id]),
            "backward_passes_through_it": 0,
        },
        rounds={dropped.round for dropped in found},
    )
