"""What each player's steps rested on: its updates, and whose pass every backward call is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradcheck_gan.analysis.ledger import Block, Consumption, Ledger
from gradcheck_gan.analysis.players import Player, by_parameter
from gradcheck_gan.run import Backward, Step, Value


@dataclass(frozen=True, slots=True)
class Update:
    """One step of an optimizer, seen from one player whose parameters it holds.

    `consumed` are the orders of the passes whose deposits the step found in the player.
    """

    player: Player
    step: Step
    block: Block
    consumed: tuple[int, ...]
    parameters: frozenset[int]
    known: bool

    @property
    def is_empty(self) -> bool:
        """Nothing was deposited for this step, and no gradient was written by hand."""
        states = {self.step.gradients.get(parameter) for parameter in self.parameters}
        return self.known and not self.consumed and states <= {"none", "zero"}


def make_updates(players: Iterable[Player], ledger: Ledger) -> tuple[Update, ...]:
    """All updates; parameters that several players share count for none of them."""
    players = tuple(players)
    owners = by_parameter(players)
    shared = frozenset(p for p, of in owners.items() if len(of) > 1)
    return tuple(
        update
        for consumption in ledger.consumptions
        if not consumption.step.skipped
        for player in players
        if (update := _update(player, consumption, shared, ledger.passes)) is not None
    )


def _update(
    player: Player,
    consumption: Consumption,
    shared: frozenset[int],
    passes: Mapping[int, Backward],
) -> Update | None:
    held = (frozenset(consumption.step.gradients) & player.parameters) - shared
    if not held:
        return None
    found: dict[int, set[int]] = defaultdict(set)
    for parameter in held:
        for order in consumption.passes.get(parameter, ()):
            found[order].add(parameter)
    consumed = [order for order in found if not _is_cleared(passes[order], held, found[order])]
    return Update(
        player,
        consumption.step,
        consumption.block,
        tuple(sorted(consumed)),
        held,
        known=not (consumption.unknown & held),
    )


def _is_cleared(event: Backward, held: frozenset[int], left: set[int]) -> bool:
    """All that is left of a pass is what was zero from the first; the rest was cleared, and that
    cannot be told of zeros."""
    lively = {p for p in held & event.deposits.keys() if not event.deposits[p].zero}
    return bool(lively) and left.isdisjoint(lively)


class Ownership:
    """Whose pass is it: of the players that consume a site's deposits in the pass's own block.

    A site whose deposits nobody consumes there is theirs who step right after it and never
    find anything.
    """

    def __init__(self, updates: Iterable[Update]) -> None:
        updates = tuple(updates)
        self._sites: dict[str, set[int]] = defaultdict(set)
        for update in updates:
            mine = {event.order: event.site for event in update.block.passes}
            for order in update.consumed:
                if order in mine:
                    self._sites[mine[order]].add(update.player.id)
        meant: dict[str, set[int]] = defaultdict(set)
        fed = {update.player.id for update in updates if update.consumed}
        for update in updates:
            if update.is_empty and update.player.id not in fed:
                for event in update.block.passes:
                    if event.site not in self._sites:
                        meant[event.site].add(update.player.id)
        self._sites.update(meant)

    def owners(self, event: Backward) -> frozenset[int]:
        """Ids of the players that step on this site right after its passes."""
        return frozenset(self._sites.get(event.site, ()))

    def exclusive_sites(self) -> Mapping[int, set[str]]:
        """Per player, the sites that nobody else steps on."""
        exclusive: dict[int, set[str]] = defaultdict(set)
        for site, owners in self._sites.items():
            if len(owners) == 1:
                exclusive[next(iter(owners))].add(site)
        return exclusive


def own_passes(
    update: Update, ownership: Ownership, ledger: Ledger, values: Mapping[int, Value]
) -> list[Backward]:
    """Passes on which this update was meant to step.

    What it consumed, and those of its block that nobody else steps on: a part of the loss that
    was cut off deposits nothing, and so is consumed by nobody.
    """
    consumed = [ledger.passes[order] for order in update.consumed]
    others = [
        event
        for event in update.block.passes
        if event.order not in update.consumed and ownership.owners(event) <= {update.player.id}
    ]
    return [event for event in others if not _goes_on(event, consumed, values)] + consumed


def _goes_on(event: Backward, later: list[Backward], values: Mapping[int, Value]) -> bool:
    """A later pass was seeded with the gradient that this one brought: one pass in two stages."""
    pending = [seed for other in later for seed in other.seed]
    seen: set[int] = set()
    while pending:
        identity = pending.pop()
        if identity == event.order:
            return True
        if identity in values and identity not in seen:
            seen.add(identity)
            pending.extend(edge.source for edge in values[identity].inputs)
    return False
