"""Everything that rules may ask about a run: players, updates, paths, terms, adversaries."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from gradcheck_gan.analysis.adversaries import Adversaries
from gradcheck_gan.analysis.flow import Flow, Link
from gradcheck_gan.analysis.ledger import Ledger, make_ledger
from gradcheck_gan.analysis.meetings import Meetings
from gradcheck_gan.analysis.players import Player, by_parameter, find_players, looks_like
from gradcheck_gan.analysis.terms import Term, decompose
from gradcheck_gan.analysis.trunks import Trunks
from gradcheck_gan.analysis.updates import Ownership, Update, make_updates, own_passes
from gradcheck_gan.run import Backward, Run, Step, Value, Write

Role = Literal["generator", "discriminator", "other"]


@dataclass(frozen=True)
class Study:
    """A run and, computed when first asked for, what follows from it."""

    run: Run
    named: tuple[tuple[int, Role], ...] = ()
    given: tuple[Player, ...] = ()
    """Players that somebody named outright; none need then be found."""

    @cached_property
    def players(self) -> tuple[Player, ...]:
        return self.given or find_players(self.run)

    @cached_property
    def ledger(self) -> Ledger:
        return make_ledger(self.run)

    @cached_property
    def flow(self) -> Flow:
        return Flow(self.run)

    @cached_property
    def updates(self) -> tuple[Update, ...]:
        return make_updates(self.players, self.ledger)

    @cached_property
    def ownership(self) -> Ownership:
        return Ownership(self.updates)

    @cached_property
    def meetings(self) -> Meetings:
        return Meetings(self.run, self.players, self.flow)

    @cached_property
    def adversaries(self) -> Adversaries:
        return Adversaries(
            self.run,
            self.players,
            self.ledger,
            self.updates,
            self.ownership,
            self.meetings,
            self.flow,
        )

    @cached_property
    def trunks(self) -> Trunks:
        return Trunks(
            self.run, self.players, self.ledger, self.updates, self.meetings, self.adversaries
        )

    @cached_property
    def player_by_id(self) -> dict[int, Player]:
        return {player.id: player for player in self.players}

    def updates_of(self, player: Player) -> list[Update]:
        return [update for update in self.updates if update.player.id == player.id]

    def updates_by_optimizer(self, player: Player) -> list[list[Update]]:
        """Each optimizer's updates of the player: one may train it by the one loss, and another,
        by another loss, in vain."""
        return self._updates_by(player, lambda step: step.optimizer)

    def updates_by_place(self, player: Player) -> list[list[Update]]:
        """The updates that were made by the same line of the program."""
        return self._updates_by(player, lambda step: (step.optimizer, step.site))

    def _updates_by(self, player: Player, key: Callable[[Step], Hashable]) -> list[list[Update]]:
        found: dict[Hashable, list[Update]] = {}
        for update in self.updates_of(player):
            found.setdefault(key(update.step), []).append(update)
        return list(found.values())

    def own_passes(self, update: Update) -> list[Backward]:
        """Passes on which this update was meant to step."""
        return own_passes(update, self.ownership, self.ledger, self.run.values)

    def is_proven(self, count: int) -> bool:
        """Whether so many updates allow a claim that says "never"."""
        return count >= 2 or (count == 1 and self.is_complete)

    @cached_property
    def is_complete(self) -> bool:
        return self.run.outcome.status in ("complete", "crashed")

    def link(self, event: Backward, player: Player) -> Link:
        return self.flow.link(event.roots, event, player.parameters)

    @cached_property
    def moved_by_hand(self) -> frozenset[int]:
        """Parameters that the script itself moves by a gradient, without any optimizer's step."""
        return frozenset(
            event.parameter
            for event in self.run.events
            if isinstance(event, Write) and self.uses_gradient(event)
        )

    def uses_gradient(self, event: Write) -> bool:
        """Whether what was written was computed from a gradient."""
        return event.value is not None and any(
            self.run.values[identity].kind == "grad" for identity in self.flow.below(event.value)
        )

    @cached_property
    def _inside(self) -> frozenset[int]:
        """Module calls made in players, those nested in them included."""
        modules = frozenset[int]().union(*(player.modules for player in self.players))
        return frozenset(call.id for call in self.run.calls.values() if call.module in modules)

    @cached_property
    def _readers(self) -> frozenset[int]:
        """Values that read a parameter of a player directly."""
        owned = by_parameter(self.players)
        return frozenset(
            value.id
            for value in self.run.values.values()
            for edge in value.inputs
            if (source := self.run.values.get(edge.source)) is not None
            and source.kind == "parameter"
            and source.parameter in owned
        )

    def is_inside_player(self, value: Value) -> bool:
        return value.id in self._readers or value.call in self._inside

    def terms(self, event: Backward) -> list[Term]:
        if event.order not in self._terms:
            computed = self.meetings.computed
            self._terms[event.order] = [
                term
                for root in event.roots
                for term in decompose(self.run, root, self.is_inside_player, computed.__contains__)
            ]
        return self._terms[event.order]

    @cached_property
    def _terms(self) -> dict[int, list[Term]]:
        return {}

    def role(self, player: Player) -> Role:
        for identity, role in self.named:
            if identity == player.id:
                return role
        if self.adversaries.is_discriminator(player):
            return "discriminator"
        if self.adversaries.is_generator(player):
            return "generator"
        return self._named_like(player)

    def _named_like(self, player: Player) -> Role:
        """Where nothing was observed, its name may label a player; no rule rests on that."""
        name = f"{player.name} {player.class_name or ''}"
        if looks_like(name, "generator"):
            return "generator"
        return "discriminator" if looks_like(name, "discriminator") else "other"

    def ordered(self, players: Iterable[Player]) -> list[Player]:
        return sorted(players, key=lambda player: player.id)
