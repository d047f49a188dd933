"""Players that step without any gradient: by hooks, never by a walk; walks say where and why."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.flow import Link
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.severed import Severance, joined
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.turns import about_to_step, in_judges_turn, in_turn, rests, sees_data
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.run import Backward, Value

CODE_OF_CUT = {
    "detach": "GG101",
    "no_grad": "GG102",
    "operation": "GG103",
    "escape": "GG105",
    "function": "GG103",
    "grad": "GG401",
}

_NOTHING_REACHED = "does not require grad"
"""From torch's message for a loss that no parameter can be reached from."""


def severances(study: Study) -> list[Severance]:
    found = [
        severance
        for player in study.players
        if player.optimizers
        for updates in study.updates_by_optimizer(player)
        for severance in _of_player(study, player, updates)
    ]
    return found + list(_about_to_step(study))


def _of_player(study: Study, player: Player, updates: list[Update]) -> Iterator[Severance]:
    empty = [update for update in updates if update.is_empty and _had_passes(update)]
    if not empty:
        yield from _filled_up(study, player, updates)
        return
    lively = any(not update.is_empty for update in study.updates_of(player))
    judged: dict[frozenset[str], list[tuple[Update, tuple[Backward, ...]]]] = {}
    for update, events in _meant_for(study, empty, lively=lively):
        sites = frozenset(event.site for event in events)
        judged.setdefault(sites, []).append((update, events))
    found = (
        _judge(study, player, cases)
        for sites, cases in judged.items()
        if not _ever_deposits(study, player, sites)
    )
    alike = joined(severance for severance in found if severance is not None)
    yield from alike if lively else alike[:1]


def _had_passes(update: Update) -> bool:
    """A pass from a leaf explains by itself why nothing was found."""
    leaves = [event.root_is_leaf for event in update.block.passes]
    return bool(leaves) and not any(leaves)


def _filled_up(study: Study, player: Player, updates: list[Update]) -> Iterator[Severance]:
    """What a node refused comes down as zeros where another one below it needs numbers."""
    cases = [(one, tuple(study.own_passes(one))) for one in updates if one.consumed]
    every = [event for _, events in cases for event in events]
    deposits = [d for event in every for p, d in event.deposits.items() if p in player.parameters]
    if any(not deposit.zero for deposit in deposits):
        return
    refused = _refusing(study, [(event, study.link(event, player)) for event in every], player)
    if refused is not None:
        rounds = tuple(update.step.round for update, _ in cases)
        update, events = cases[0]
        code = _code_of_refusal(refused)
        yield Severance(code, player, events, update.step, refused, (), len(cases), rounds)


def _code_of_refusal(value: Value) -> str:
    return "GG108" if value.kind == "function" else "GG103"


def _ever_deposits(study: Study, player: Player, sites: frozenset[str]) -> bool:
    return any(
        event.site in sites and not player.parameters.isdisjoint(event.deposits)
        for event in study.ledger.passes.values()
    )


def _meant_for(
    study: Study, updates: list[Update], *, lively: bool
) -> list[tuple[Update, tuple[Backward, ...]]]:
    """Passes of each block that could be the player's own: those that nobody else steps on; where
    there are none in the whole run, those that do not look like a discriminator's own."""
    free = [(update, _free(study, update, lively=lively)) for update in updates]
    if lively:
        # Another's loss, whose own step is missing, may stand before a step that finds nothing.
        free = [
            (update, tuple(e for e in events if not in_judges_turn(study, e, update)))
            for update, events in free
        ]
    if lively or any(events for _, events in free):
        return [(update, events) for update, events in free if events]
    generated = [
        (
            update,
            tuple(e for e in _unclaimed(study, update) if not _is_judges(study, e, update.player)),
        )
        for update in updates
    ]
    return [(update, events) for update, events in generated if events]


def _candidates(update: Update) -> tuple[Backward, ...]:
    return tuple(e for e in update.block.passes if e.traced and not e.root_is_leaf)


def _unclaimed(study: Study, update: Update) -> tuple[Backward, ...]:
    """Passes of the block, but one that an earlier of its steps used alone: that was his."""
    earlier = [
        other
        for other in study.updates
        if other.block is update.block and other.step.order < update.step.order
    ]
    used = {other.consumed for other in earlier}
    return tuple(event for event in _candidates(update) if (event.order,) not in used)


def _free(study: Study, update: Update, *, lively: bool) -> tuple[Backward, ...]:
    """Passes that nobody else owns, those that each such step consumes for a partner, and those
    that only partners own, who find nothing either."""
    same = [other for other in study.updates if other.step.order == update.step.order]
    partners = {update.player.id} if lively else {other.player.id for other in same}
    shared = {order for other in same if not lively for order in other.consumed}
    return tuple(
        e for e in _candidates(update) if e.order in shared or study.ownership.owners(e) <= partners
    )


def _is_judges(study: Study, event: Backward, player: Player) -> bool:
    """The look of a discriminator's own pass, or one part of its own loss: its only look at this
    player's values in a step that also rests on other values."""
    return sees_data(study, event, player) or any(
        update.player.id != player.id
        and event.order in update.consumed
        and event in update.block.passes
        and _is_only_look(study, event, update, player)
        for update in study.updates
    )


def _is_only_look(study: Study, event: Backward, update: Update, player: Player) -> bool:
    passes = [e for e in update.block.passes if e.order in update.consumed]
    looks = [e for e in passes if study.meetings.feeds(e, player.id, update.player.id)]
    return looks == [event] and any(sees_data(study, e, player) for e in passes)


def _judge(
    study: Study, player: Player, cases: list[tuple[Update, tuple[Backward, ...]]]
) -> Severance | None:
    update, events = cases[0]
    rounds = tuple(case.step.round for case, _ in cases)
    every = [event for _, found in cases for event in found]
    links = [(event, study.link(event, player)) for event in every]
    kinds = {link.kind for _, link in links}
    refused = _refusing(study, links, player)
    if refused is not None:
        code = _code_of_refusal(refused)
        return Severance(code, player, events, update.step, refused, (), len(cases), rounds)
    if kinds & {"live", "zero"} or all(rests(study, e, player) for e in every):
        return None
    chosen = _code_and_culprits(study, links, player)
    if chosen is None and not _steps_on_nothing(study, update):
        return None
    code, culprits = chosen or ("GG109", ())
    culprit = culprits[0] if culprits else None
    return Severance(
        code, player, events, update.step, culprit, tuple(culprits[1:]), len(cases), rounds
    )


def _code_and_culprits(
    study: Study, links: list[tuple[Backward, Link]], player: Player
) -> tuple[str, tuple[Value, ...]] | None:
    """The best explanation: a proven cut, then a frozen player, then a guess."""
    for event, link in links:
        if link.kind == "cut":
            return explain_cut(study, event, link)
    if any(link.kind == "frozen" for _, link in links):
        return "GG106", ()
    for _, link in links:
        if link.kind == "guessed" and _is_likely(study, link, player):
            return "GG105", link.culprits
    return None


def _is_likely(study: Study, link: Link, player: Player) -> bool:
    """What left autograd was this player's own output, not another's opinion of it."""
    return any(
        study.meetings.upstream.get(guess, frozenset()) == {player.id}
        for value in link.culprits
        for guess in value.guessed
    )


def explain_cut(study: Study, event: Backward, link: Link) -> tuple[str, tuple[Value, ...]]:
    """Code and culprits of a cut: a value that comes back from outside autograd was rebuilt."""
    culprits = link.culprits
    if not culprits:
        return "GG103", ()
    first = culprits[0]
    rebuilt = study.flow.rebuilt_after(first, event.roots)
    if rebuilt is not None:
        return "GG105", (rebuilt, *(c for c in culprits if c.id != rebuilt.id))
    return CODE_OF_CUT[first.cut or "operation"], culprits


def _refusing(study: Study, links: list[tuple[Backward, Link]], player: Player) -> Value | None:
    """The value nearest the player whose node was given a gradient and passed none on."""
    for event, link in links:
        refused = sorted(event.refused) if link.kind == "live" else ()
        for identity in refused:
            if study.flow.reached(identity, event).live & player.parameters:
                return study.run.values.get(identity)
    return None


def _steps_on_nothing(study: Study, update: Update) -> bool:
    """Nobody in the whole optimizer got anything: not merely an unused part of it."""
    beside = [
        other
        for other in study.updates
        if other.step.optimizer == update.step.optimizer and not other.is_empty
    ]
    return not beside


def _about_to_step(study: Study) -> Iterator[Severance]:
    """A player that was about to step when its backward pass crashed is judged as if it had."""
    if not study.ledger.blocks:
        return
    last = study.ledger.blocks[-1]
    crashed = [event for event in last.passes if event.error is not None and event.traced]
    if last.steps or not crashed:
        return
    event = crashed[-1]
    found = [
        severance
        for player in about_to_step(study, event)
        if (severance := _would_be(study, event, player)) is not None
    ]
    if not found and _NOTHING_REACHED in (event.error or ""):
        found = list(_cut_off(study, event)) or [
            _outside(event, player)
            for player in in_turn(study, event)
            if study.link(event, player).kind == "none"
        ]
    yield from found


def _cut_off(study: Study, event: Backward) -> Iterator[Severance]:
    """Where it looks like nobody's turn: players that the loss was computed from through a cut, be
    it those that have just stepped, for a second pass with a penalty."""
    for players in (in_turn(study, event), study.players):
        cut = [p for p in players if p.optimizers and study.link(event, p).kind == "cut"]
        found = [_would_be(study, event, player) for player in cut]
        if any(found):
            yield from (severance for severance in found if severance is not None)
            return


def _would_be(study: Study, event: Backward, player: Player) -> Severance | None:
    link = study.link(event, player)
    nothing = _NOTHING_REACHED in (event.error or "")
    chosen = _code_and_culprits(study, [(event, link)], player)
    if (
        chosen is None
        and nothing
        and link.kind == "guessed"
        and not _reads_parameters(study, event)
    ):
        chosen = "GG105", link.culprits  # the loss itself was made of numbers
    # Only this error proves that nothing at all was reached, without a cut to show for it.
    if chosen is None or (link.kind != "cut" and not nothing):
        return None
    code, culprits = chosen
    culprit = culprits[0] if culprits else None
    rounds = (event.round,)
    return Severance(code, player, (event,), None, culprit, culprits[1:], 1, rounds, would_be=True)


def _outside(event: Backward, player: Player) -> Severance:
    rounds = (event.round,)
    return Severance("GG109", player, (event,), None, None, (), 1, rounds, would_be=True)


def _reads_parameters(study: Study, event: Backward) -> bool:
    below = frozenset[int]().union(*(study.flow.below(root) for root in event.roots))
    return any(study.run.values[identity].kind == "parameter" for identity in below)
