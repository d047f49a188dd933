"""Find the players: groups of parameters that one role trains, from modules and optimizers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gradcheck_gan.run import Backward, Module, Run

_GENERATOR = re.compile(
    r"(^|[^a-z])(net_?)?g(en|enerator)?([^a-z]|$)|generator|decoder", re.IGNORECASE
)
_DISCRIMINATOR = re.compile(
    r"(^|[^a-z])(net_?)?d(is|isc|iscriminator)?([^a-z]|$)|discriminator|critic", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Player:
    """`modules` are the ids of its outermost module and of all modules inside."""

    id: int
    name: str
    parameters: frozenset[int]
    optimizers: tuple[int, ...]
    modules: frozenset[int] = field(default_factory=frozenset)
    class_name: str | None = None
    found: str = ""

    def __str__(self) -> str:
        return self.name


def looks_like(name: str, role: str) -> bool:
    """Whether a name suggests a role: used to label and to break ties, never as evidence."""
    return bool((_GENERATOR if role == "generator" else _DISCRIMINATOR).search(name))


def find_players(run: Run) -> tuple[Player, ...]:
    finder = _Finder(run)
    return _with_unique_names(finder.module_players() + finder.raw_players())


class _Finder:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._owners: dict[int, frozenset[int]] = _owners(run)
        self._children: dict[int, list[Module]] = defaultdict(list)
        for module in run.modules.values():
            if module.parent is not None and module.parent in run.modules:
                self._children[module.parent].append(module)
        self._trained = frozenset(self._owners) | _touched(run)
        self._shared = _shared(run)
        self._taken: set[int] = set()
        self._count = 0

    def module_players(self) -> list[Player]:
        roots = [
            module
            for module in self._run.modules.values()
            if module.parent is None or module.parent not in self._run.modules
        ]
        players: list[Player] = []
        for root in sorted(roots, key=lambda module: module.id):
            for module in self._split(root):
                players.extend(self._player_of(module))
        return players

    def _split(self, module: Module) -> list[Module]:
        """The module itself, or its parts if several roles are trained in it."""
        parts = [part for part in self._children[module.id] if part.parameters & self._trained]
        if not parts or not self._holds_several_roles(module, parts):
            return [module]
        found = [inner for part in parts for inner in self._split(part)]
        covered = frozenset[int]().union(*(part.parameters for part in parts))
        return found if covered >= module.parameters else [*found, module]

    def _holds_several_roles(self, module: Module, parts: list[Module]) -> bool:
        if len({held for part in parts if (held := self._sets(part))}) > 1:
            return True
        if self._holds_idle_twins(parts):
            return True
        if len(parts) == 1:
            inner = [p for p in self._children[parts[0].id] if p.parameters & self._trained]
            return bool(inner) and self._holds_several_roles(parts[0], inner)
        if module.called:
            return False
        names = [f"{part.name.rpartition('.')[2]} {part.class_name}" for part in parts]
        return any(looks_like(name, "generator") for name in names) and any(
            looks_like(name, "discriminator") for name in names
        )

    def _holds_idle_twins(self, parts: list[Module]) -> bool:
        """Whether nobody steps a net that is just like one that somebody steps, and the two never
        run together: an average or a target beside its original, not layers of one player."""
        return any(
            self._kind(one) == self._kind(idle) and self._run_apart(one, idle)
            for one in parts
            for idle in parts
            if self._sets(one) and not self._sets(idle)
        )

    def _kind(self, module: Module) -> tuple[str, Counter[tuple[int, ...]]]:
        known = self._run.parameters
        return module.class_name, Counter(known[p].shape for p in module.parameters if p in known)

    def _run_apart(self, one: Module, other: Module) -> bool:
        calls, others = self._outermost(one), self._outermost(other)
        return bool(calls) and bool(others) and calls.isdisjoint(others)

    def _outermost(self, module: Module) -> set[int]:
        """The outermost calls in which the module ran."""
        calls = self._run.calls
        found = {call.id for call in calls.values() if call.module == module.id}
        while inner := {call for call in found if calls[call].parent in calls}:
            parents = {parent for call in inner if (parent := calls[call].parent) is not None}
            found = (found - inner) | parents
        return found

    def _sets(self, module: Module) -> frozenset[frozenset[int]]:
        own = module.parameters - self._shared
        owners = (self._owners.get(parameter) for parameter in own)
        return frozenset(owner for owner in owners if owner)

    def _player_of(self, module: Module) -> list[Player]:
        parameters = module.parameters & self._trained
        if not self._owned(module):
            parameters -= self._taken
        if not parameters or parameters <= self._taken:
            return []
        self._taken |= parameters
        inside = frozenset(self._inside(module))
        return [
            self._make(
                module.variable or module.class_name,
                parameters,
                inside,
                module.class_name,
                f"module {module.class_name}",
            )
        ]

    def _owned(self, module: Module) -> bool:
        return any(parameter in self._owners for parameter in module.parameters)

    def _inside(self, module: Module) -> Iterable[int]:
        pending = [module]
        while pending:
            current = pending.pop()
            yield current.id
            pending.extend(self._children[current.id])

    def raw_players(self) -> list[Player]:
        """Tensors outside any module, grouped by the optimizers that hold them."""
        groups: dict[frozenset[int], set[int]] = defaultdict(set)
        for parameter, owners in self._owners.items():
            if parameter not in self._taken:
                groups[owners].add(parameter)
        return [
            self._make(
                self._raw_name(group, owners), frozenset(group), frozenset(), None, "tensors"
            )
            for owners, group in sorted(groups.items(), key=lambda item: min(item[1]))
        ]

    def _raw_name(self, group: set[int], owners: frozenset[int]) -> str:
        names = {
            re.split(r"[.\[]", self._run.parameters[parameter].name)[0]
            for parameter in group
            if parameter in self._run.parameters
        }
        if len(names) == 1 and not next(iter(names)).startswith("tensor "):
            return next(iter(names))
        return f"tensors of {self._run.optimizers[min(owners)].name}"

    def _make(
        self,
        name: str,
        parameters: frozenset[int],
        modules: frozenset[int],
        class_name: str | None,
        found: str,
    ) -> Player:
        self._count += 1
        own = parameters - self._shared or parameters
        optimizers = sorted({o for p in own for o in self._owners.get(p, ())})
        return Player(
            self._count, name, parameters, tuple(optimizers), modules, class_name, found=found
        )


def _owners(run: Run) -> dict[int, frozenset[int]]:
    owners: dict[int, set[int]] = defaultdict(set)
    for optimizer in run.optimizers.values():
        for parameter in optimizer.parameters:
            owners[parameter].add(optimizer.id)
    return {parameter: frozenset(held) for parameter, held in owners.items()}


def _shared(run: Run) -> frozenset[int]:
    """Parameters tied between modules neither of which contains the other."""
    seen: dict[int, set[int]] = defaultdict(set)
    for module in run.modules.values():
        if module.parent is None or module.parent not in run.modules:
            for parameter in module.parameters:
                seen[parameter].add(module.id)
    return frozenset(parameter for parameter, roots in seen.items() if len(roots) > 1)


def _touched(run: Run) -> frozenset[int]:
    """Parameters that some pass deposited gradient in, or that a loss was computed from."""
    deposited = {
        parameter
        for event in run.events
        if isinstance(event, Backward)
        for parameter in event.deposits
    }
    read = {
        value.parameter
        for value in run.values.values()
        if value.kind == "parameter" and value.parameter is not None
    }
    owned = {p for module in run.modules.values() for p in module.parameters}
    return frozenset(deposited | (read & owned))


def _with_unique_names(players: list[Player]) -> tuple[Player, ...]:
    counts: dict[str, int] = defaultdict(int)
    unique: list[Player] = []
    for player in players:
        counts[player.name] += 1
        number = counts[player.name]
        name = player.name if number == 1 else f"{player.name} #{number}"
        unique.append(
            Player(
                player.id,
                name,
                player.parameters,
                player.optimizers,
                player.modules,
                player.class_name,
                player.found,
            )
        )
    return tuple(unique)


def by_parameter(players: Iterable[Player]) -> Mapping[int, tuple[Player, ...]]:
    found: dict[int, list[Player]] = defaultdict(list)
    for player in players:
        for parameter in player.parameters:
            found[parameter].append(player)
    return {parameter: tuple(owners) for parameter, owners in found.items()}
