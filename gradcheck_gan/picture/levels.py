"""Which module calls of a pass are opened, and so in which box each of its values is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck_gan.picture.boxes import Key
from gradcheck_gan.picture.drawing import Role
from gradcheck_gan.picture.walk import Slice, is_line, line_of
from gradcheck_gan.run import Backward, Location, Module, Run, Value


@dataclass(slots=True)
class Levels:
    """`culprits` maps the lines of findings to their codes, `whose` parameters to players.

    `named` are all the lines that findings name, None where nothing was judged. Modules are opened
    around what a finding, a cut or a zero is at, around operations at the line `around`, and
    everywhere if `unfolded`. `expanded` are the calls that are open.
    """

    run: Run
    event: Backward
    piece: Slice
    culprits: Mapping[tuple[str, int], str]
    whose: Mapping[int, tuple[str, Role]]
    named: frozenset[tuple[str, int]] | None = None
    around: str = ""
    unfolded: bool = False
    expanded: set[int] = field(default_factory=set)
    paths: dict[int, tuple[int, ...]] = field(default_factory=dict)
    owned: dict[int, frozenset[str]] = field(default_factory=dict)

    def open_up(self) -> None:
        for identifier in self.piece.order:
            self._expand_around(self.run.values[identifier])

    def path(self, call: int | None) -> tuple[int, ...]:
        """The calls around a value that can be drawn, outermost first."""
        chain: list[int] = []
        current = call
        while current is not None and current in self.run.calls and current not in self.paths:
            chain.append(current)
            current = self.run.calls[current].parent
        known = self.paths.get(current, ()) if current is not None else ()
        for current in reversed(chain):
            module = self.run.modules.get(self.run.calls[current].module)
            if module is not None and module.parameters:
                known = (*known, current)
            self.paths[current] = known
        return known

    def called(self, call: int) -> Module:
        return self.run.modules[self.run.calls[call].module]

    def folded_call(self, value: Value) -> int | None:
        for call in self.path(value.call):
            if call not in self.expanded:
                return call
        return None

    def frame(self, value: Value) -> int | None:
        """The innermost expanded call around a value that is drawn on its own."""
        inside = None
        for call in self.path(value.call):
            if call not in self.expanded:
                break
            inside = call
        return inside

    def key(self, value: Value) -> Key:
        call = self.folded_call(value)
        return ("value", value.id) if call is None else ("call", call)

    def cut_region(self, value: Value) -> Location | None:
        """The no_grad region that made this value need no gradient."""
        return value.region if value.id in self.piece.severed else None

    def _expand_around(self, value: Value) -> None:
        path = self.path(value.call)
        if not path:
            return
        if spans := [call for call in path if len(self.owners(self.called(call))) > 1]:
            self.expanded.update(path[: path.index(spans[-1]) + 1])
        wanted = self.unfolded or is_line(value.location, self.around)
        if wanted or value.id in self.piece.zeros or self.is_own_cut(value):
            self.expanded.update(path)
        elif self.code_at(value.location) and not self.piece.is_data(value):
            sites = {line_of(self.run.calls[call].location) for call in path}
            if line_of(value.location) not in sites and value.kind != "parameter":
                self.expanded.update(path)
        for edge in value.inputs:
            self._expand_around_exit(value, path, self.run.values.get(edge.source))

    def _expand_around_exit(
        self, value: Value, path: tuple[int, ...], origin: Value | None
    ) -> None:
        """A no_grad region that ends inside a call is shown inside it."""
        region = self.cut_region(origin) if origin is not None else None
        if origin is not None and region is not None and region != value.region:
            self.expanded.update(set(path).intersection(self.path(origin.call)))

    def owners(self, module: Module) -> frozenset[str]:
        known = self.owned.get(module.id)
        if known is None:
            held = (self.whose[one][0] for one in module.parameters if one in self.whose)
            known = self.owned[module.id] = frozenset(held)
        return known

    def is_inner(self, frame: int | None) -> bool:
        return frame is not None and len(self.owners(self.called(frame))) < 2

    def is_own_cut(self, value: Value) -> bool:
        """A cut by the value's own operation, rather than by the region that it stands in."""
        if self.piece.refuses(value):
            return True
        if value.id not in self.piece.severed or value.region is not None:
            return False
        return value.cut is not None or value.kind == "rebuild"

    def code_at(self, place: Location | None) -> str | None:
        line = line_of(place)
        return self.culprits.get(line) if line is not None else None
