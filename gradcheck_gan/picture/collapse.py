"""Fold the values of one backward pass into boxes: module calls, operations, cuts and zeros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck_gan.picture.boxes import Box, Bundles, Key, accuse_one_box_a_line, connect
from gradcheck_gan.picture.drawing import Flow, NodeKind, Role
from gradcheck_gan.picture.levels import Levels
from gradcheck_gan.picture.modules import layer_counts, module_title, with_place
from gradcheck_gan.run import Module, Value

LOSS: Key = ("loss", 0)
CUT_WORDS = {
    "no_grad": "no_grad",
    "escape": "left autograd",
    "grad": "autograd.grad without graph",
}


@dataclass(slots=True)
class Folding(Levels):
    """State of the folding of one pass into boxes and bundles.

    `expected` are the players that the pass should train. Where only a part is drawn, `core` are
    its values; the others of the piece stand beside it.
    """

    expected: frozenset[str] = frozenset()
    core: frozenset[int] | None = None
    boxes: dict[Key, Box] = field(default_factory=dict)
    bundles: Bundles = field(default_factory=dict)
    layers: Mapping[int, int] = field(default_factory=dict)

    def fold(self) -> None:
        self.layers = layer_counts(self.run)
        self.open_up()
        part = set(self.piece.order) if self.core is None else self.core
        roots = [root for root in self.event.roots if root in part]
        if roots:
            self._box_loss()
        for at, identifier in enumerate(self.piece.order):
            value = self.run.values[identifier]
            if value.kind != "parameter" and not self.piece.is_data(value):
                self._fold_value(at, value)
        for root in roots:
            self._join_loss(self.run.values[root])
        self._box_absent()
        accuse_one_box_a_line(self.boxes)

    def _box_loss(self) -> None:
        box = Box(LOSS, "loss", len(self.piece.order), gets=True, head="loss")
        box.places = [self.event.location] if self.event.location else []
        box.code, box.beside = self.code_at(self.event.location), self.core is not None
        self.boxes[LOSS] = box

    def _fold_value(self, at: int, value: Value) -> None:
        key = self.key(value)
        box = self.boxes.get(key)
        if box is None:
            call = self.folded_call(value)
            box = self._box_value(at, value) if call is None else self._box_call(at, call)
            box.key, box.beside, self.boxes[key] = key, self.core is not None, box
        box.at = at
        box.gets = box.gets or value.id in self.piece.arrives
        box.beside = box.beside and value.id not in (self.core or ())
        for edge in value.inputs:
            self._join(value, key, edge.source, edge.live)
        for source in value.guessed:
            self._join(value, key, source, False, "probably from here")

    def _box_value(self, at: int, value: Value) -> Box:
        kind: NodeKind = "op"
        if value.id in self.piece.zeros:
            kind = "zero"
        elif self.is_own_cut(value):
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
        for module in self.run.modules.values() if self.expected else ():
            if self._is_expected(module) and not module.parameters & present:
                box = Box(("absent", module.id), "module", 0, parameters=set(module.parameters))
                box.head = module_title(module)
                box.names, box.role = [module.class_name], self.role_of(module.parameters)
                box.layers = self.layers.get(module.id, 0)
                self.boxes[box.key] = box
                connect(self.bundles, LOSS, box.key, "lost", "this loss does not depend on it")

    def _is_expected(self, module: Module) -> bool:
        """Whether this is the outermost module of a player alone that the pass should train."""
        owners = self.owners(module)
        outer = self.run.modules.get(module.parent) if module.parent is not None else None
        alone = len(owners) == 1 and (outer is None or self.owners(outer) != owners)
        return alone and owners <= self.expected

    def _join_loss(self, root: Value) -> None:
        if root.kind == "parameter" or self.piece.is_data(root):
            return
        flow: Flow = "flows" if root.id in self.piece.arrives else "lost"
        connect(self.bundles, LOSS, self._exit(None, root), flow)

    def _join(self, value: Value, key: Key, source: int, live: bool, label: str = "") -> None:
        origin = self.run.values.get(source)
        if origin is None or origin.kind == "parameter":
            return
        if self.core is not None and self.core.isdisjoint((value.id, source)):
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
        if self.is_own_cut(value) or (value.id, source) in self.piece.refused:
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
            box.beside, self.boxes[lower] = self.core is not None, box
        connect(self.bundles, key, lower, "data")

    def _is_argument(self, value: Value, origin: Value) -> bool:
        """Buffers, masks and constants that a module made for itself are not worth a node."""
        around = self.path(value.call)
        if self.path(origin.call):
            return self.folded_call(origin) is not None
        return not around or any(origin.id in self.run.calls[call].inputs for call in around)
