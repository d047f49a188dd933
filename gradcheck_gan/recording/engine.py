"""Backward passes: what they start from, what they deposit, how they end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.rawgraph import RawGraph
from gradcheck_gan.recording.contents import any_nonzero, scores_of, signal_of
from gradcheck_gan.recording.frames import Place, call_chain, site_of, user_place
from gradcheck_gan.recording.nodes import Input, Node, is_opposite, storage_key, tensors_in
from gradcheck_gan.recording.operations import SATURATING
from gradcheck_gan.recording.patches import own_hook_ids
from gradcheck_gan.recording.raw import raw_graph
from gradcheck_gan.recording.unseen import readable
from gradcheck_gan.run import Backward, Deposit

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

TRACED_PER_SITE = 2
"""Passes of one site and round whose values are kept; more only if they deposit elsewhere."""

DEEPEST = 20_000
"""No node of autograd is touched beyond: torch frees touched chains recursively and dies."""

TOO_DEEP = (
    f"the graph is more than {DEEPEST:,} operations deep; beyond that no gradient was watched on "
    "its way, and what is said rests on the recorded operations and on the gradients that arrived "
    "in the parameters"
)


@dataclass
class Running:
    """A pass while the engine runs it."""

    order: int
    kind: str
    place: Place | None
    chain: tuple[Place, ...]
    roots: tuple[Input, ...]
    leaf: bool
    inputs: tuple[Node, ...]
    seed: tuple[Node, ...]
    create_graph: bool
    retained: bool
    cleared: frozenset[int]
    unknown: frozenset[int]
    raw: RawGraph | None = None
    deposits: dict[int, Deposit] = field(default_factory=dict)
    signals: dict[int, tuple[float, ...]] = field(default_factory=dict)
    scores: dict[int, tuple[float, ...]] = field(default_factory=dict)
    zeroed: set[int] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    reversed: set[int] = field(default_factory=set)


class Engine:
    """Wraps the one function through which `backward` and `autograd.grad` reach the engine."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.running: Running | None = None
        self.watches_saturation = False
        self.watches_refusals = False
        self._seen: dict[str, list[frozenset[int]]] = {}
        self._traced: dict[tuple[str, int], int] = {}

    def forget(self) -> None:
        self._seen, self._traced = {}, {}

    def patches(self) -> list[tuple[Any, str, Callable[[Any], Any]]]:
        name = "_engine_run_backward"
        if hasattr(torch.autograd.graph, name):
            return [(torch.autograd, name, self._wrap), (torch.autograd.graph, name, self._wrap)]
        raise RuntimeError("this version of torch has no _engine_run_backward to observe")

    def _wrap(self, original: Any) -> Any:
        def _engine_run_backward(t_outputs: Any, *args: Any, **kwargs: Any) -> Any:
            recorder = self._recorder
            recorder.optimizers.notice_broken()
            if self.running is not None or not recorder.here():
                return original(t_outputs, *args, **kwargs)
            recorder.by_hand.end()
            try:
                running = self._begin(tuple(t_outputs), args, kwargs)
            except Exception as error:
                recorder.failed(error)
                return original(t_outputs, *args, **kwargs)
            self.running = running
            error_seen: BaseException | None = None
            recorder.paused += 1
            left = recorder.mode.leave()
            try:
                result = original(t_outputs, *args, **kwargs)
            except BaseException as error:
                error_seen = error
                raise
            finally:
                if left:
                    recorder.mode.rejoin()
                recorder.paused -= 1
                self.running = None
                self._end(running, error_seen)
                last = recorder.attempt(recorder.inside.end)
                error_seen = None  # or its traceback would hold it, and all its frames, for good
            self._name_results(running, result)
            if last is not None:
                recorder.stepped(last)
            return result

        return _engine_run_backward

    def _begin(self, outputs: tuple[Any, ...], args: tuple[Any, ...], kwargs: Any) -> Running:
        recorder = self._recorder
        frame = sys._getframe(2)
        graph = recorder.graph
        with recorder.pausing():
            seeds, keep_graph, create_graph, inputs = (*args, None, None, False, ())[:4]
            tensors = [thing for thing in outputs if isinstance(thing, torch.Tensor)]
            roots = tuple(graph.read(tensor, frame) for tensor in tensors)
            leaf = all(tensor.grad_fn is None and tensor.requires_grad for tensor in tensors)
            looked = recorder.parameters.look()
            recorder.parameters.watch_living()
            accumulate = bool(kwargs.get("accumulate_grad", False))
            wanted = [thing for thing in inputs or () if isinstance(thing, torch.Tensor)]
            seed_nodes = [graph.known(seed) for seed in tensors_in(seeds or ())]
            raw = raw_graph(recorder, tensors, [n for n, _ in roots]) if graph.number_of else None
        return Running(
            order=graph.clock.tick(),
            kind="backward" if accumulate else "grad",
            place=user_place(frame),
            chain=call_chain(frame),
            roots=roots,
            leaf=leaf,
            inputs=tuple(graph.lookup(tensor, frame) for tensor in wanted),
            seed=tuple(node for node in seed_nodes if node is not None),
            create_graph=bool(create_graph),
            retained=bool(keep_graph),
            cleared=frozenset(looked.cleared),
            unknown=frozenset(looked.unknown),
            raw=raw,
        )

    def _end(self, running: Running, error: BaseException | None) -> None:
        recorder = self._recorder
        try:
            roots = tuple(node.place for node, _ in running.roots if node.place is not None)
            site = site_of(running.chain + roots)
            pattern = frozenset(p for p, deposit in running.deposits.items() if not deposit.zero)
            patterns = self._seen.setdefault(site, [])
            this_round = (site, recorder.current_round)
            few = self._traced.get(this_round, 0) < TRACED_PER_SITE
            traced = error is not None or few or pattern not in patterns
            if traced and running.raw is not None:
                recorder.history.drawn[running.order] = running.raw
            if traced:
                self._traced[this_round] = self._traced.get(this_round, 0) + 1
                patterns.append(pattern)
            recorder.history.passed(self._event(running, site, error, traced), running, traced)
        except Exception as failure:
            recorder.failed(failure)

    def _event(
        self, running: Running, site: str, error: BaseException | None, traced: bool
    ) -> Backward:
        recorder = self._recorder
        return Backward(
            order=running.order,
            kind="backward" if running.kind == "backward" else "grad",
            round=recorder.current_round,
            location=recorder.locator.at(running.place),
            site=site,
            roots=tuple(node.order for node, _ in running.roots) if traced else (),
            deposits=dict(running.deposits),
            cleared=running.cleared,
            unknown=running.unknown,
            traced=traced,
            error=None if error is None else f"{type(error).__name__}: {error}",
            root_is_leaf=running.leaf,
            inputs=tuple(node.order for node in running.inputs),
            seed=tuple(node.order for node in running.seed),
            create_graph=running.create_graph,
            retained=running.retained,
            signals=dict(running.signals),
            scores=dict(running.scores),
            zeroed=frozenset(running.zeroed - running.passed),
            refused=frozenset(running.refused),
            reversed=frozenset(running.reversed),
        )

    def _name_results(self, running: Running, result: Any) -> None:
        """Gradients that `autograd.grad` returns were computed from its outputs."""
        if running.kind != "grad" or not isinstance(result, tuple):
            return
        recorder = self._recorder
        try:
            graph = recorder.graph
            for tensor in tensors_in(result):
                node = graph.node("autograd.grad", "grad", running.roots)
                node.live = tensor.requires_grad
                if not node.live and any(live for _, live in running.roots):
                    node.cut = "grad"
                node.place = running.place
                graph.assign(tensor, node)
                recorder.slopes.any = recorder.slopes.any or node.live
        except Exception as error:
            recorder.failed(error)

    def deposited(self, identity: int, deposit: Deposit) -> None:
        if self.running is not None:
            self.running.deposits[identity] = deposit

    def watch_output(self, tensor: torch.Tensor, call: int) -> None:
        """Note the gradient that arrives at a module's output, averaged over the batch."""
        value = self._recorder.graph.known(tensor)
        node = None if value is None or self._is_too_deep(value) else tensor.grad_fn
        if node is None:
            return

        def arrived(gradients: tuple[Any, ...]) -> None:
            running = self.running
            if running is not None and gradients and isinstance(gradients[0], torch.Tensor):
                with self._recorder.guarded():
                    running.signals[call] = signal_of(gradients[0])
                    running.scores[call] = scores_of(gradients[0])

        with own_hook_ids():
            node.register_prehook(arrived)

    def _is_too_deep(self, node: Node) -> bool:
        if node.depth > DEEPEST:
            self._recorder.note(TOO_DEEP)
        return node.depth > DEEPEST

    def watch(self, tensor: torch.Tensor, node: Node) -> None:
        """What an operation made: whether its gradient is looked at depends on what was seen."""
        saturating = self.watches_saturation and node.name in SATURATING
        if node.zero or saturating:
            self.watch_zero(tensor, node)
        elif self.watches_refusals:
            self._watch_refusal(tensor, node)

    def watch_zero(self, tensor: torch.Tensor, node: Node) -> None:
        """Note whether a non-zero gradient becomes zero, or None, in one node."""
        function = None if self._is_too_deep(node) else tensor.grad_fn
        if function is None:
            return
        wanted = [producer is not None for producer, _ in function.next_functions]

        def left(gradients: Any, arrived: Any) -> None:
            if self.running is not None:
                with self._recorder.guarded():
                    self._left(self.running, node, gradients, arrived, wanted)

        with own_hook_ids():
            function.register_hook(left)

    def _watch_refusal(self, tensor: torch.Tensor, node: Node) -> None:
        """Note whether a gradient arrives at a node that gives none to whatever waits for one."""
        function = None if self._is_too_deep(node) else tensor.grad_fn
        if function is None:
            return
        wanted = [producer is not None for producer, _ in function.next_functions]

        def left(gradients: Any, arrived: Any) -> None:
            running = self.running
            nothing = not any(g is not None and w for g, w in zip(gradients, wanted, strict=False))
            if running is not None and nothing and any(g is not None for g in arrived):
                running.refused.add(node.order)

        with own_hook_ids():
            function.register_hook(left)

    def _left(
        self, running: Running, node: Node, gradients: Any, arrived: Any, wanted: list[bool]
    ) -> None:
        tensors = [g for g in arrived if isinstance(g, torch.Tensor)]
        if not all(storage_key(g) is not None and readable(g) for g in tensors):
            return
        if not any_nonzero(tensors):
            return
        given = [g for g, needed in zip(gradients, wanted, strict=False) if needed]
        if all(gradient is None for gradient in given):
            running.refused.add(node.order)
        elif not any_nonzero(gradients):
            running.zeroed.add(node.order)
        else:
            running.passed.add(node.order)
            if node.alike and any(is_opposite(g, tensors[0]) for g in tensors_in(given)):
                running.reversed.add(node.order)
