"""Backward passes: what they start from, what they deposit, how they end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.rawgraph import RawGraph
from gradcheck_gan.recording.frames import Place, call_chain, site_of, user_place
from gradcheck_gan.recording.nodes import Input, Node, tensors_in
from gradcheck_gan.recording.raw import raw_graph
from gradcheck_gan.run import Backward, Deposit

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder

TRACED_PER_SITE = 2
"""Passes of one site and round whose values are kept; more only if they deposit elsewhere."""


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
