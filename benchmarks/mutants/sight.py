"""What reaches the values of expressions, by walks over autograd's graph and by its gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.mutants.instrument import Spot

if TYPE_CHECKING:
    from benchmarks.mutants.ledger import Ledger

_KEPT = 60
_SLOPE = "slope"
# A term of a loss stays a term behind these; a product only if its other factor is constant.
_LINEAR = (
    "Add Sub Rsub Neg Mean Sum Mul Div Squeeze Unsqueeze View UnsafeView ReshapeAlias ToCopy Expand"
).split()


@dataclass
class Seen:
    """What was seen of one expression, over all its evaluations.

    `reached` are labels of leaves by the graph, `passes` the lines of passes that run through it,
    `linear` those of which it is an additive term, `roots` those of which it is the root.
    """

    count: int = 0
    scalar: bool = True
    graph: int = 0
    reached: set[str] = field(default_factory=set)
    passes: set[int] = field(default_factory=set)
    linear: set[int] = field(default_factory=set)
    roots: set[int] = field(default_factory=set)
    shapes: set[tuple[int, ...]] = field(default_factory=set)
    last: frozenset[str] = frozenset()
    constant: bool = False


class Sight:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.spots: list[Spot] = []
        self.seen: dict[int, Seen] = {}
        self.reach: dict[Any, frozenset[str]] = {}
        self.nodes: list[tuple[int, Any]] = []
        self.terms: list[tuple[int, int, list[str], list[str]]] = []
        self.meetings: set[tuple[int, int, frozenset[str], frozenset[str]]] = set()
        self.slope_nodes: list[Any] = []
        self.reads: list[tuple[int, Any]] = []

    def see(self, number: int, value: Any) -> Any:
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            self.look(number, value)
        else:
            self.seen.setdefault(number, Seen()).last = frozenset()
        return value

    def look(self, number: int, value: torch.Tensor) -> None:
        seen = self.seen.setdefault(number, Seen())
        seen.count += 1
        if seen.count > _KEPT:
            return
        node = value.grad_fn
        seen.scalar = seen.scalar and value.dim() == 0
        seen.shapes.add(tuple(value.shape))
        seen.last = self.reaching(value)
        seen.reached |= seen.last
        if node is None:
            seen.constant = not value.requires_grad
        else:
            seen.graph += 1
            self.nodes.append((number, node))
        spot = self.spots[number]
        if spot.term is not None:
            self.weigh(spot, value)
        if spot.call:
            self.meet(spot, seen.last)

    def reaching(self, value: torch.Tensor) -> frozenset[str]:
        """Labels of the leaves behind a value; `slope` if a result of autograd.grad is."""
        if value.grad_fn is None:
            return frozenset([self.ledger.hold(value).label] if value.requires_grad else [])
        return self.behind(value.grad_fn)

    def behind(self, root: Any) -> frozenset[str]:
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.reach:
                stack.pop()
                continue
            inputs = [each for each, _ in node.next_functions if each is not None]
            open_ = [each for each in inputs if each not in self.reach]
            if open_:
                stack += open_
                continue
            found = frozenset[str]().union(*(self.reach[each] for each in inputs))
            if hasattr(node, "variable"):
                found |= {self.ledger.hold(node.variable).label}
            if node in self.slope_nodes:
                found |= {_SLOPE}
            self.reach[node] = found
            stack.pop()
        return self.reach[root]

    def slopes(self, found: Any) -> None:
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, torch.Tensor) and each.grad_fn is not None:
                self.slope_nodes.append(each.grad_fn)

    def weigh(self, spot: Spot, value: torch.Tensor) -> None:
        """Which leaves the operand of a sum reaches, and which with a gradient that is not zero."""
        assert spot.term is not None
        reached = sorted(self.reaching(value))
        live: list[str] = []
        if value.requires_grad:
            found = [each for each in self.ledger.held.values() if each.label in reached]
            live = [held.label for held in found if self.slope_at(value, held.tensor)]
        self.terms.append((spot.line * 1000 + spot.term, len(self.ledger.passes), reached, live))

    def slope_at(self, value: torch.Tensor, leaf: torch.Tensor) -> bool:
        try:
            with torch.enable_grad():
                total = value.sum()
                (slope,) = self.ledger.run(
                    (total,), (torch.ones_like(total),), True, False, (leaf,),
                    allow_unreachable=True, accumulate_grad=False,
                )  # fmt: skip
        except RuntimeError:
            return True
        return slope is not None and bool((slope != 0).any())

    def meet(self, spot: Spot, value: frozenset[str]) -> None:
        for argument in spot.arguments:
            given = self.seen.get(argument)
            if given is not None and given.last and value - given.last:
                self.meetings.add((spot.line, len(self.ledger.passes), given.last, value))

    def passing(self, roots: Iterable[torch.Tensor], number: int) -> None:
        line = self.ledger.passes[number].line
        starts = [root.grad_fn for root in roots if root.grad_fn is not None]
        every, linear = set(_walk(starts, all_=True)), set(_walk(starts, all_=False))
        for spot, node in self.nodes:
            if node in every:
                self.seen[spot].passes.add(line)
                if node in linear:
                    self.seen[spot].linear.add(line)
                if node in starts:
                    self.seen[spot].roots.add(line)

    def document(self, spots: list[Spot]) -> dict[str, Any]:
        lines = [each.line for each in self.ledger.passes]

        def site(number: int) -> int:
            return lines[number] if number < len(lines) else 0

        told = []
        for number, spot in enumerate(spots):
            seen = self.seen.get(number)
            if seen is not None and seen.count:
                told.append({**asdict(spot), **_plain(seen)})
        return {
            "spots": told,
            "terms": [
                (key, site(number), reached, live) for key, number, reached, live in self.terms
            ],
            "meetings": [
                (line, site(number), sorted(given), sorted(value))
                for line, number, given, value in self.meetings
            ],
        }


def _plain(seen: Seen) -> dict[str, Any]:
    sets = {name: sorted(value) for name, value in vars(seen).items() if isinstance(value, set)}
    rest = {n: v for n, v in vars(seen).items() if not isinstance(v, set | frozenset)}
    return {**rest, **sets}


def leaves(roots: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """The tensors that a pass from these roots can fill."""
    for root in roots:
        if root.grad_fn is None and root.requires_grad:
            yield root
    for node in _walk([root.grad_fn for root in roots if root.grad_fn is not None], all_=True):
        if hasattr(node, "variable"):
            yield node.variable


def _walk(starts: list[Any], all_: bool) -> Iterator[Any]:
    known, stack = set(starts), list(starts)
    while stack:
        node = stack.pop()
        yield node
        inputs = [each for each, _ in node.next_functions if each is not None]
        if not all_ and not _linear(node, inputs):
            continue
        for each in inputs:
            if each not in known:
                known.add(each)
                stack.append(each)


def _linear(node: Any, inputs: list[Any]) -> bool:
    kind = node.name().removesuffix("0").removesuffix("1").removesuffix("Backward")
    product = kind in ("Mul", "Div")
    return kind in _LINEAR and (not product or len(inputs) == 1)


def state(gradient: torch.Tensor | None) -> str:
    if gradient is None:
        return "None"
    dense = gradient.detach().to_dense()
    if not bool(dense.isfinite().all()):
        return "not finite"
    return "nonzero" if bool((dense != 0).any()) else "zero"


def size(gradient: torch.Tensor | None) -> float:
    if gradient is None or not gradient.numel():
        return 0.0
    return float(gradient.detach().to_dense().abs().max())
