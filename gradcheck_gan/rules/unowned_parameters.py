"""GG304: some parameters of a module whose others are stepped are in no optimizer."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import in_updates
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._left_out import left_out
from gradcheck_gan.words import counted, listed

RULE = Rule(
    "GG304",
    "unowned-parameters",
    "warning",
    "some parameters of a player get gradient and are in no optimizer",
    folds_under=frozenset("GG112 GG201 GG204 GG303 GG306 GG310 GG402".split()),
)

_SHOWN = 3


def check(study: Study) -> Iterator[Claim]:
    owned = {p for held in study.run.optimizers.values() for p in held.parameters}
    for player in study.players:
        if player.optimizers:
            mine = player.parameters | _read_only_inside(study, player)
            yield from _check_player(study, player, mine - owned - study.moved_by_hand)
    yield from left_out(study, RULE)


def _read_only_inside(study: Study, player: Player) -> frozenset[int]:
    """Parameters that calls of the player's module read, and nothing else does: those of layers
    in a plain list, which `parameters()` does not see."""
    inside: set[int] = set()
    for identity, call in sorted(study.run.calls.items()):
        if call.module in player.modules or call.parent in inside:
            inside.add(identity)
    read: dict[bool, set[int]] = {True: set(), False: set()}
    for value in study.run.values.values():
        for edge in value.inputs:
            source = study.run.values.get(edge.source)
            if source is not None and source.kind == "parameter" and source.parameter is not None:
                read[value.call in inside].add(source.parameter)
    return frozenset(read[True] - read[False])


def _check_player(study: Study, player: Player, left: frozenset[int]) -> Iterator[Claim]:
    """Those that a pass fills on which other parameters of the same player are stepped."""
    updates = [update for update in study.updates_of(player) if update.consumed]
    filled = [
        {p for order in update.consumed for p in study.ledger.passes[order].deposits}
        for update in updates
    ]
    always = left.intersection(*filled) if filled else frozenset[int]()
    if not always or not study.is_proven(len(updates)):
        return
    held = study.run.optimizers[player.optimizers[0]]
    names = sorted(study.run.parameters[p].name for p in always)
    more = len(names) - _SHOWN
    shown = f"{', '.join(names[:_SHOWN])} and {more} more" if more > 0 else listed(names)
    hidden = not always <= player.parameters
    verb = "is" if len(names) == 1 else "are"
    yield RULE.claim(
        f"{counted(len(names), 'parameter')} that {player.name} uses ({shown}) got gradient "
        f"{in_updates(len(updates)).replace('any', 'each')} and {verb} in no optimizer, while "
        f"the other {len(player.parameters - always)} are stepped",
        held.made,
        _fix(held.name, player.name, hidden=hidden),
        subjects={
            (player.id, study.ledger.passes[order].site)
            for update in updates
            for order in update.consumed
        },
        related=[(updates[0].step.location, f"{player.name} is stepped here")],
        player=player.name,
        evidence={"parameters": len(player.parameters), "parameters_unowned": len(always)},
        rounds=[update.step.round for update in updates],
    )


def _fix(optimizer: str, player: str, *, hidden: bool) -> str:
    if hidden:
        give = (
            f"Register them in {player} (nn.ModuleList or nn.Parameter instead of a plain list), "
            f"so that {player}.parameters() holds them when {optimizer} is made"
        )
    else:
        give = f"Give {optimizer} these parameters too ({player}.parameters())"
    return f"{give}; or set requires_grad_(False) on what should stay as it is."
