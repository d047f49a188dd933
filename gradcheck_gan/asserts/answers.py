"""From a loss or a step, and a player, to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from gradcheck_gan.asserts.asserting import Verdict
from gradcheck_gan.asserts.causes import Observed, in_term, verdict_of_loss, verdict_of_step
from gradcheck_gan.asserts.supposing import supposed, with_values_as_parameters
from gradcheck_gan.received import Received, is_allowed, reached, starved, state_of
from gradcheck_gan.recording.asked import Asked, asked, called, is_question, kept, with_paths
from gradcheck_gan.recording.glance import glance
from gradcheck_gan.recording.library import Recording, knows, scopes_of
from gradcheck_gan.recording.outcomes import is_tensor, loss_in
from gradcheck_gan.recording.preserving import preserving
from gradcheck_gan.run import Run


@dataclass(frozen=True, slots=True)
class Question:
    """`wanted` is whether gradient is to flow; `caller` is the frame that asks."""

    loss_or_step: Any
    player: Any
    term: str | int | None
    allow: tuple[str, ...]
    wanted: bool
    caller: FrameType | None
    root: Path

    def judged(self, player: str, received: Iterable[Received]) -> tuple[Received, ...]:
        """Without what is allowed to get nothing."""
        left = tuple(e for e in received if not is_allowed(e.name, player, self.allow))
        if not left:
            raise ValueError(f"allow= names every parameter of {player}; nothing is left to check.")
        return left


def answer(question: Question) -> tuple[Verdict, Run | None]:
    subject = question.loss_or_step
    if is_tensor(subject):
        if question.term is not None:
            raise TypeError(
                "the terms of a loss that is already computed are not known; pass the term itself, "
                "or a callable that computes the loss."
            )
        return _of_known(question) if knows(subject) else (_of_graph(question), None)
    if not callable(subject):
        raise TypeError(
            f"{type(subject).__name__} is neither a loss tensor nor a callable; pass the loss, or "
            "a function that computes it."
        )
    return _of_callable(question)


def _of_graph(question: Question) -> Verdict:
    """A loss that nothing recorded: autograd's graph tells what arrives, and no more."""
    seen = glance(question.loss_or_step, kept(question.player), question.caller)
    received = question.judged(seen.player, seen.received)
    wrong = starved(received) if question.wanted else reached(received)
    name = "assert_gradient_flow" if question.wanted else "assert_no_gradient_flow"
    advice = (
        "The line is not known, since this loss was computed before it was asked for. To have it, "
        f"pass a callable that computes the loss: {name}(lambda: ..., ...)."
    )
    return Verdict(
        seen.player, "the loss", received, wrong, seen.others, hints=(*seen.hints, advice)
    )


def _of_known(question: Question) -> tuple[Verdict, Run]:
    """A loss that was computed while a recording was under way."""
    with (
        Recording("the loss", question.caller, whole=True) as recording,
        preserving(recording.things(), _never, recording.recorder.pausing),
    ):
        return _of_loss(question, recording, question.loss_or_step, kept(question.player))


def _never() -> bool:
    return False


def _of_callable(question: Question) -> tuple[Verdict, Run]:
    subject, player = question.loss_or_step, kept(question.player)
    later = is_question(player)
    with Recording(title_of(subject), question.caller, scopes_of(subject)) as recording:
        watched = () if later else asked(player, lazy=True)
        recording.adopt(watched)
        things = [*recording.things(), player, *(each.tensor for each in watched)]
        with preserving(things, recording.trains, recording.recorder.pausing):
            result = subject()
            with recording.recorder.pausing():
                player = kept(player()) if later else player
            if recording.trains():
                return _of_step(question, recording, player)
            loss, inside = loss_in(result, question.term)
            return _of_loss(question, recording, loss, player, inside=inside)


def title_of(subject: Any) -> str:
    """`train_step()`; a lambda has no name worth telling."""
    name = getattr(subject, "__qualname__", type(subject).__name__).rpartition("<locals>.")[2]
    return "the callable" if "<lambda>" in name else f"{name}()"


def _of_loss(
    question: Question, recording: Recording, loss: Any, player: Any, *, inside: bool = False
) -> tuple[Verdict, Run]:
    """A recorded loss that nobody has called backward on; `inside` is a term to be looked for."""
    tensors = with_paths(asked(player), recording.names)
    found = recording.differentiate([loss], [each.tensor for each in tensors])
    numbers = recording.numbers(tensors)
    name = called(player, recording.names)
    received = tuple(
        Received(e.name, e.group, state_of(deposit, frozen=not e.tensor.requires_grad), number)
        for e, deposit, number in zip(tensors, found.deposits, numbers, strict=True)
    )
    run = _with_intermediates(recording, tensors, numbers, name)
    seen = Observed(run, name, question.judged(name, received), question.root)
    arrived = {n: d for n, d in zip(numbers, found.deposits, strict=True) if d is not None}
    event = replace(found.event, deposits={**found.event.deposits, **arrived})
    source = "the loss"
    if question.term is not None:
        source = f"the term {question.term!r}"
    if inside:
        whole = replace(seen, run=replace(run, events=(*run.events, event)))
        event, alone = in_term(whole.study, [event], str(question.term), whole)
        seen = replace(seen, received=alone)
    verdict = verdict_of_loss(seen, event, source, wanted=question.wanted)
    return verdict, supposed(run, event, name, seen.parameters).run


def _with_intermediates(
    recording: Recording, tensors: tuple[Asked, ...], numbers: list[int], name: str
) -> Run:
    values = {
        value: (number, each.name or name)
        for each, number in zip(tensors, numbers, strict=True)
        if number < 0 and (value := recording.value_of(each.tensor)) is not None
    }
    return with_values_as_parameters(recording.run(), values)


def _of_step(question: Question, recording: Recording, player: Any) -> tuple[Verdict, Run]:
    tensors = with_paths(asked(player), recording.names)
    if any(not each.tensor.is_leaf for each in tensors):
        raise TypeError(
            "the callable ran its backward pass, and what arrived in an intermediate tensor is "
            "gone; return the loss instead of calling backward, or give the module that made it."
        )
    name = called(player, recording.names)
    received = tuple(
        Received(e.name, e.group, "none" if e.tensor.requires_grad else "frozen", number)
        for e, number in zip(tensors, recording.numbers(tensors), strict=True)
    )
    run = recording.run()
    seen = Observed(run, name, question.judged(name, received), question.root)
    term = None if question.term is None else str(question.term)
    return verdict_of_step(seen, term, wanted=question.wanted), run
