"""Verdicts on recorded losses and steps: what each parameter got, and which line is at fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gradcheck_gan.analysis.flow import Reached
from gradcheck_gan.analysis.players import find_players
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.term_names import named_terms, term_called
from gradcheck_gan.analysis.updates import Update
from gradcheck_gan.asserts.asserting import Verdict
from gradcheck_gan.asserts.supposing import explanation, players_around, supposed
from gradcheck_gan.finding import Finding
from gradcheck_gan.received import Received, State, hints, reached, starved
from gradcheck_gan.results import Report
from gradcheck_gan.run import Backward, Deposit, Location, Run
from gradcheck_gan.words import listed


@dataclass(frozen=True, slots=True)
class Observed:
    """A run, and of an asked player what each tensor received there."""

    run: Run
    player: str
    received: tuple[Received, ...]
    root: Path

    @property
    def parameters(self) -> frozenset[int]:
        return frozenset(each.parameter for each in self.received if each.parameter is not None)

    @property
    def study(self) -> Study:
        return Study(self.run, given=players_around(self.run, self.player, self.parameters))


def verdict_of_loss(seen: Observed, event: Backward, source: str, *, wanted: bool) -> Verdict:
    """`event` is the pass that nobody stepped on."""
    wrong = starved(seen.received) if wanted else reached(seen.received)
    verdict = Verdict(
        seen.player, source, seen.received, wrong, _others(seen, [event]), hints=_hints(wrong)
    )
    if not wrong:
        return verdict
    if wanted:
        found = _explained(seen, event, wrong)
    else:
        alone = replace(seen, run=replace(seen.run, events=(*seen.run.events, event)))
        found = entrance(alone.study, [event], seen.player)
    return replace(verdict, findings=() if found is None else (found,))


def _explained(seen: Observed, event: Backward, wrong: Sequence[Received]) -> Finding | None:
    """Why, for the worst of what went wrong."""
    for state in ("none", "frozen", "zero"):
        worst = [each.parameter for each in wrong if each.state == state]
        numbers = [number for number in worst if number is not None]
        found = explanation(seen.run, event, seen.player, numbers)
        partly = len(numbers) < len(seen.received)
        if found is not None and not (partly and found.code == "GG109"):
            return found
        cut = _bare_cut(seen, event, frozenset(numbers))
        if cut is not None:
            return cut
    return None


def _bare_cut(seen: Observed, event: Backward, parameters: frozenset[int]) -> Finding | None:
    """The line of a cut that no rule has words for."""
    link = supposed(seen.run, event, seen.player, parameters).flow.link(
        event.roots, event, parameters
    )
    if link.kind != "cut" or not link.culprits:
        return None
    culprit = link.culprits[0]
    place = culprit.region or culprit.location
    if place is None:
        return None
    if culprit.cut == "grad":
        message, fix = (
            "the result of `autograd.grad` carries no gradient",
            "Pass create_graph=True, so that what is computed from it can be differentiated again.",
        )
    else:
        message, fix = f"`{culprit.name}` cuts it off", "Let this part be differentiable."
    return Finding("", "", "error", message, place, fix, player=seen.player)


def _hints(wrong: Iterable[Received]) -> tuple[str, ...]:
    return hints(each.state for each in wrong)


def _others(seen: Observed, events: Sequence[Backward]) -> tuple[tuple[str, int, int], ...]:
    got = {p for event in events for p, deposit in event.deposits.items() if not deposit.zero}
    return tuple(
        (player.name, len(player.parameters & got), len(player.parameters))
        for player in find_players(seen.run)
        if player.parameters.isdisjoint(seen.parameters)
    )


def entrance(study: Study, events: Iterable[Backward], name: str) -> Finding | None:
    """Where gradient gets into a player that should get none."""
    me = next(player for player in study.players if player.name == name)
    for event in events:
        entries = study.meetings.in_pass(event)
        for entry in entries:
            if entry.player != me.id and me.id in entry.live and entry.location is not None:
                other = study.player_by_id[entry.player].name
                return _enters(
                    entry.location,
                    f"the output of {name} enters {other} attached",
                    (
                        f"Detach it before it enters {other} here; or freeze {name} with "
                        "requires_grad_(False) before it runs."
                    ),
                )
        for entry in entries:
            if entry.player == me.id and entry.location is not None:
                return _enters(
                    entry.location,
                    f"{name} runs here with gradient",
                    (
                        f"Freeze {name} with requires_grad_(False) before it runs, or run it under "
                        "torch.no_grad() if nothing before it has to learn through it."
                    ),
                )
    return None


def _enters(location: Location, message: str, fix: str) -> Finding:
    return Finding("", "", "error", message, location, fix)


# Steps


def verdict_of_step(seen: Observed, term: str | None, *, wanted: bool) -> Verdict:
    """A callable that ran backward by itself, and perhaps stepped."""
    study = seen.study
    passes = [event for event in study.ledger.passes.values() if event.kind == "backward"]
    me = study.players[-1]
    updates = study.updates_of(me)
    if term is not None:
        own = {order for update in updates for order in update.consumed}
        passes.sort(key=lambda event: (event.order in own, event.order))
        event, found = in_term(study, passes, term, seen)
        return verdict_of_loss(
            replace(seen, received=found), event, f"the term {term!r}", wanted=wanted
        )
    states = _stepped_on(updates) if wanted and updates else {}
    received = tuple(
        replace(each, state=states.get(each.parameter or 0) or _deposited(each, passes))
        for each in seen.received
    )
    if wanted and _is_scaled_down(study, seen.parameters):
        received = tuple(
            replace(each, state="flows") if each.state == "nonfinite" else each for each in received
        )
    seen = replace(seen, received=received)
    wrong = starved(received) if wanted else reached(received)
    verdict = Verdict(
        seen.player, "the step", received, wrong, _others(seen, passes), hints=_hints(wrong)
    )
    return replace(verdict, findings=tuple(_of_step(seen, passes, wrong, wanted=wanted)))


def _stepped_on(updates: Iterable[Update]) -> dict[int, State]:
    """What the steps found in each parameter, the worst of NaN, the best of all else."""
    names: dict[str, State] = {
        "nonfinite": "nonfinite",
        "nonzero": "flows",
        "zero": "zero",
        "none": "none",
    }
    found: dict[int, list[str]] = {}
    for update in updates:
        for parameter in update.parameters:
            found.setdefault(parameter, []).append(update.step.gradients[parameter])
    return {
        parameter: next(names[name] for name in names if name in states)
        for parameter, states in found.items()
    }


def _is_scaled_down(study: Study, parameters: frozenset[int]) -> bool:
    """A gradient scaler met an overflow, skipped the step and will scale less: as is meant."""
    return any(
        consumption.step.skipped and not parameters.isdisjoint(consumption.step.gradients)
        for consumption in study.ledger.consumptions
    )


def _deposited(each: Received, passes: Iterable[Backward]) -> State:
    number = each.parameter or 0
    deposits = [event.deposits[number] for event in passes if number in event.deposits]
    if any(not deposit.finite for deposit in deposits):
        return "nonfinite"
    if any(not deposit.zero for deposit in deposits):
        return "flows"
    return "zero" if deposits else each.state


def _of_step(
    seen: Observed, passes: list[Backward], wrong: Sequence[Received], *, wanted: bool
) -> Iterator[Finding]:
    if not wanted:
        into = [e for e in passes if any(each.parameter in e.deposits for each in wrong)]
        found = entrance(seen.study, into, seen.player) if wrong else None
        yield from () if found is None else (found,)
        return
    mine = {p.name for p in find_players(seen.run) if p.parameters & seen.parameters}
    unnamed = {None} if wrong else set()  # of findings that speak of an optimizer or a loss
    about = [f for f in Report.of(seen.run).findings if f.player in mine | unnamed]
    errors = [finding for finding in about if finding.severity == "error"]
    if errors or not wrong:
        yield from errors
    elif about:
        yield about[0]
    elif len({event.site for event in passes}) == 1:
        found = _explained(seen, passes[-1], wrong)
        yield from () if found is None else (found,)


# Terms


def in_term(
    study: Study, passes: Sequence[Backward], name: str, seen: Observed
) -> tuple[Backward, tuple[Received, ...]]:
    """The pass of one term alone, read off the recorded graph; the last one that has it."""
    known = [(event, named_terms(study.terms(event), seen.root)) for event in passes]
    called = [(event, term) for event, named in known if (term := term_called(name, named))]
    if not called:
        offered = listed(dict.fromkeys(repr(each) for _, named in known for each in named))
        raise ValueError(
            f"no term of the loss is called {name!r}; the terms found are: {offered or 'none'}."
        )
    event, term = called[-1]
    found = study.flow.reached(term.value.id, event)
    alone = replace(event, roots=(term.value.id,), deposits=_deposits(found))
    received = tuple(replace(each, state=_state(each, found)) for each in seen.received)
    return alone, received


def _deposits(found: Reached) -> dict[int, Deposit]:
    live = dict.fromkeys(found.live, Deposit(zero=False, finite=True, magnitude=1.0))
    return live | dict.fromkeys(found.zero, Deposit(zero=True, finite=True, magnitude=0.0))


def _state(each: Received, found: Reached) -> State:
    if each.parameter in found.live:
        return "flows"
    if each.parameter in found.zero:
        return "zero"
    return "frozen" if each.state == "frozen" else "none"
