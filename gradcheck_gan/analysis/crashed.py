"""Players that were about to step when their backward pass crashed, judged as if they had."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.culprits import code_and_culprits
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.severed import Severance
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.turns import about_to_step, in_turn
from gradcheck_gan.run import Backward

_NOTHING_REACHED = "does not require grad"
"""From torch's message for a loss that no parameter can be reached from."""


def severed_by_crash(study: Study) -> Iterator[Severance]:
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
            _not_in_loss(event, player)
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
    chosen = code_and_culprits(study, [(event, link)], player)
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


def _not_in_loss(event: Backward, player: Player) -> Severance:
    rounds = (event.round,)
    return Severance("GG109", player, (event,), None, None, (), 1, rounds, would_be=True)


def _reads_parameters(study: Study, event: Backward) -> bool:
    below = frozenset[int]().union(*(study.flow.below(root) for root in event.roots))
    return any(study.run.values[identity].kind == "parameter" for identity in below)
