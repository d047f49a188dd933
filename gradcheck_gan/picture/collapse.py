"""Fold the values of one backward pass into boxes: module calls, operations, cuts and zeros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck_gan.picture.boxes import Box, Bundles, Key, accuse_one_box_a_line, connect
from gradcheck_gan.picture.drawing import Flow, NodeKind, Role
from gradcheck_gan.picture.modules import layer_counts, module_title, with_place
from gradcheck_gan.picture.walk import Slice, is_line, line_of
from gradcheck_gan.run import Backward, Location, Module, Run, Value

LOSS: Key = ("loss", 0)
CUT_WORDS = {
    "no_grad": "no_grad",
    "escape": "left autograd",
    "grad": "autograd.grad without graph",
}


@dataclass(slots=True)
class Folding:
    """State of the folding of one pass; `culprits` maps the lines of findings to their codes."""

    run: Run
    event: Backward
    piece: Slice
    culprits: Mapping[tuple[str, int], str]
    whose: Mapping[int, tuple[str, Role]]
    expected: frozenset[str] = frozenset()
    around: str = ""  # modules are opened around operations at this line
    unfolded: bool = False
    boxes: dict[Key, Box] = field(default_factory=dict)
    bundles: Bundles = field(default_factory=dict)
    expanded: set[int] = field(default_factory=set)
    paths: dict[int, tuple[int, ...]] = field(default_factory=dict)
    layers: Mapping[int, int] = field(default_factory=dict)

    def fold(self) -> None:
        self.layers = layer_counts(self.run)
        for identifier in self.piece.order:
            self._expand_around(self.run.values[identifier])
        self._box_loss()
        for at, identifier in enumerate(self.piece.order):
            value = self.run.values[identifier]
            if value.kind != "parameter" and not self.piece.is_data(value):
                self._fold_value(at, value)
        for root in self.event.roots:
            if root in self.run.values:
                self._join_loss(self.run.values[root])
        self._box_absent()
        accuse_one_box_a_line(self.boxes)

    # Where a value is drawn

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

    # What is opened up, because a finding, a cut or a zero lies inside

    def _expand_around(self, value: Value) -> None:
        path = self.path(value.call)
        if not path:
            return
        if spans := [call for call in path if len(self._owners(self.called(call))) > 1]:
            self.expanded.update(path[: path.index(spans[-1]) + 1])
        wanted = self.unfolded or is_line(value.location, self.around)
        if wanted or value.id in self.piece.zeros or self._is_own_cut(value):
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

    def _owners(self, module: Module) -> set[str]:
        return {self.whose[one][0] for one in module.parameters if one in self.whose}

    def is_inner(self, frame: int | None) -> bool:
        return frame is not None and len(self._owners(self.called(frame))) < 2

    def _is_own_cut(self, value: Value) -> bool:
        """A cut by the value's own operation, rather than by the region that it stands in."""
        if self.piece.refuses(value):
            return True
        if value.id not in self.piece.severed or value.region is not None:
            return False
        return value.cut is not None or value.kind == "rebuild"

    def code_at(self, place: Location | None) -> str | None:
        line = line_of(place)
        return self.culprits.get(line) if line is not None else None

    # Boxes

    def _box_loss(self) -> None:
        box = Box(LOSS, "loss", len(self.piece.order), gets=True, head="loss")
        box.places = [self.event.location] if self.event.location else []
        box.code = self.code_at(self.event.location)
        self.boxes[LOSS] = box

    def _fold_value(self, at: int, value: Value) -> None:
        key = self.key(value)
        box = self.boxes.get(key)
        if box is None:
            call = self.folded_call(value)
            box = self._box_value(at, value) if call is None else self._box_call(at, call)
            box.key, self.boxes[key] = key, box
        box.at = at
        box.gets = box.gets or value.id in self.piece.arrives
        for edge in value.inputs:
            self._join(value, key, edge.source, edge.live)
        for source in value.guessed:
            self._join(value, key, source, False, "probably from here")

    def _box_value(self, at: int, value: Value) -> Box:
        kind: NodeKind = "op"
        if value.id in self.piece.zeros:
            kind = "zero"
        elif self._is_own_cut(value):
            kind = "cut"
        box = Box(("value", value.id), kind, at, group=self.frame(value), names=[value.name])
        box.inner = self.is_inner(box.group)
        box.head = self.verdict(value) if kind != "op" else ""
        box.cuts = int(kind in ("cut", "zero"))
        box.places = [value.location] if value.location else []
        box.code = self.code_at(value.location)
        box.parameters = {
            source.parameter
            for edge in value.inputs
            if (source := self.run.values.get(edge.source)) and source.parameter is not None
        }
        return box

    def _box_call(self, at: int, call: int) -> Box:
        record = self.run.calls[call]
        module = self.run.modules[record.module]
        box = Box(("call", call), "module", at, calls={call}, parameters=set(module.parameters))
        box.head = module_title(module)
        box.names = [module.class_name]
        box.places = [record.location] if record.location else []
        box.code = self.code_at(record.location)
        box.role = self.role_of(module.parameters)
        box.layers = self.layers.get(module.id, 0)
        path = self.path(call)
        outer = [one for one in path[: path.index(call)] if one in self.expanded]
        box.group = outer[-1] if outer else None
        box.inner = self.is_inner(box.group)
        box.family = module.class_name if box.inner else module.id
        return box

    def role_of(self, parameters: frozenset[int]) -> Role | None:
        roles = {self.whose[one][1] for one in parameters if one in self.whose}
        return roles.pop() if len(roles) == 1 else None

    def verdict(self, value: Value) -> str:
        """`cut: detach` or `zero: round`."""
        if value.id in self.piece.zeros:
            return f"zero: {value.name}"
        if value.live:
            return f"cut: {value.name} returned None"
        word = CUT_WORDS.get(value.cut or "", "")
        if value.cut == "function":
            word = f"custom function {value.name}"
        elif value.kind == "rebuild":
            word = "left autograd, rebuilt here"
        elif value.cut == "escape":
            word = f"left autograd by {value.name}"
        return f"cut: {word or value.name}"

    def _box_absent(self) -> None:
        """The modules that this pass should train and that its loss was not computed from."""
        present = {self.run.values[one].parameter for one in self.piece.order}
        for module in self.run.modules.values():
            if self._is_expected(module) and not module.parameters & present:
                box = Box(("absent", module.id), "module", 0, parameters=set(module.parameters))
                box.head = module_title(module)
                box.names, box.role = [module.class_name], self.role_of(module.parameters)
                box.layers = self.layers.get(module.id, 0)
                self.boxes[box.key] = box
                connect(self.bundles, LOSS, box.key, "lost", "this loss does not depend on it")

    def _is_expected(self, module: Module) -> bool:
        """Whether this is the outermost module of a player alone that the pass should train."""
        owners = self._owners(module)
        outer = self.run.modules.get(module.parent) if module.parent is not None else None
        alone = len(owners) == 1 and (outer is None or self._owners(outer) != owners)
        return alone and owners <= self.expected

    # Links

    def _join_loss(self, root: Value) -> None:
        if root.kind == "parameter" or self.piece.is_data(root):
            return
        flow: Flow = "flows" if root.id in self.piece.arrives else "lost"
        connect(self.bundles, LOSS, self._exit(None, root), flow)

    def _join(self, value: Value, key: Key, source: int, live: bool, label: str = "") -> None:
        origin = self.run.values.get(source)
        if origin is None or origin.kind == "parameter":
            return
        if self.piece.is_data(origin):
            self._join_data(value, key, origin)
            return
        flow = self._flow(value, source, live)
        if flow in ("cut", "zero"):
            label = label or with_place(self.verdict(value), value.location)
        connect(self.bundles, key, self._exit(value, origin), flow, label)

    def _flow(self, value: Value, source: int, live: bool) -> Flow:
        if value.id in self.piece.zeros:
            return "zero"
        if self._is_own_cut(value) or (value.id, source) in self.piece.refused:
            return "cut"
        return "flows" if live and value.live and value.id in self.piece.arrives else "lost"

    def _exit(self, value: Value | None, origin: Value) -> Key:
        """The node below a link: the source, or the no_grad region that the source stands in."""
        region = self.cut_region(origin)
        if region is None or (value is not None and self.cut_region(value) == region):
            return self.key(origin)
        key: Key = ("region", str(region))
        lower = self.key(origin)
        at = self.boxes[lower].at if lower in self.boxes else 0
        if key not in self.boxes:
            box = Box(key, "cut", at, head="cut: no_grad", places=[region], cuts=1)
            box.code, self.boxes[key] = self.code_at(region), box
            box.group = self.frame(origin)
        self.boxes[key].at = max(self.boxes[key].at, at)
        connect(self.bundles, key, lower, "cut", with_place("cut: no_grad", region))
        return key

    def _join_data(self, value: Value, key: Key, origin: Value) -> None:
        if origin.constant is not None or not self._is_argument(value, origin):
            return
        call = self.folded_call(origin)
        lower: Key = ("value", origin.id) if call is None else ("call", call)
        if lower not in self.boxes:
            if call is None:
                box = Box(lower, "data", 0, names=[origin.name])
                box.places = [origin.location] if origin.location else []
            else:
                box = self._box_call(0, call)
            self.boxes[lower] = box
        connect(self.bundles, key, lower, "data")

    def _is_argument(self, value: Value, origin: Value) -> bool:
        """Buffers, masks and constants that a module made for itself are not worth a node."""
        around = self.path(value.call)
        if self.path(origin.call):
            return self.folded_call(origin) is not None
        return not around or any(origin.id in self.run.calls[call].inputs for call in around)
