"""The flow matrix: what every pass deposited in every player, term by term."""

from __future__ import annotations

from dataclasses import replace

from gradcheck_gan.analysis.flow import Reached
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.finding import PassFlow, Reach, TermFlow
from gradcheck_gan.run import Backward, Location


def flow_matrix(study: Study) -> tuple[PassFlow, ...]:
    """One line a site and round, in the order of the run."""
    lines: dict[tuple[str, int, str], PassFlow] = {}
    for event in study.ledger.passes.values():
        if event.location is None:
            continue
        key = (event.kind, event.round, event.site)
        if key in lines:
            lines[key] = replace(lines[key], count=lines[key].count + 1)
        else:
            lines[key] = _line(study, event)
    return tuple(lines.values())


def _line(study: Study, event: Backward) -> PassFlow:
    assert event.location is not None
    owners = study.ownership.owners(event)
    return PassFlow(
        kind=event.kind,
        round=event.round,
        location=event.location,
        belongs_to=tuple(player.name for player in study.players if player.id in owners),
        reach={player.name: _reach(study, event, player) for player in study.players},
        terms=_terms(study, event),
    )


def _reach(study: Study, event: Backward, player: Player) -> Reach:
    deposits = [event.deposits[p] for p in player.parameters if p in event.deposits]
    zero = sum(deposit.zero for deposit in deposits)
    missing = len(player.parameters) - len(deposits)
    cut = 0
    if missing and event.traced and event.kind == "backward":
        cuts = frozenset[int]().union(*(study.flow.cut(root, event) for root in event.roots))
        cut = len((cuts & player.parameters) - frozenset(event.deposits))
    return Reach(flows=len(deposits) - zero, zero=zero, none=missing - cut, cut=cut)


def _terms(study: Study, event: Backward) -> tuple[TermFlow, ...]:
    if not event.traced or event.kind != "backward":
        return ()
    terms = study.terms(event)
    if len(terms) < 2:
        return ()
    counts: dict[tuple[Location, Reached, frozenset[int]], int] = {}
    for term in terms:
        if term.value.location is not None:
            root = term.value.id
            flows = study.flow.reached(root, event), study.flow.cut(root, event)
            key = (term.value.location, *flows)
            counts[key] = counts.get(key, 0) + 1
    return tuple(
        TermFlow(location, _term_reach(study, reached, cuts), count)
        for (location, reached, cuts), count in counts.items()
    )


def _term_reach(study: Study, found: Reached, cuts: frozenset[int]) -> dict[str, Reach]:
    cuts = cuts - found.live - found.zero
    reach = {}
    for player in study.players:
        flows, zero, cut = (
            len(player.parameters & group) for group in (found.live, found.zero, cuts)
        )
        rest = len(player.parameters) - flows - zero - cut
        reach[player.name] = Reach(flows=flows, zero=zero, none=rest, cut=cut)
    return reach
