"""A loss judged as if a player stepped on it: the rules then say where its gradient stops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from gradcheck_gan.analysis.players import Player, find_players
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.checking import CheckOptions, judge_study, narrowed
from gradcheck_gan.finding import Finding
from gradcheck_gan.run import Backward, Deposit, Optimizer, Parameter, Run, Step, Value

# What only real steps can tell is left out: dead terms, leaks, and what a step made of NaN.
_ASKED = CheckOptions(select=("GG10", "GG112", "GG401"), ignore=("GG107",))


def explanation(run: Run, event: Backward, name: str, parameters: Iterable[int]) -> Finding | None:
    """Why a pass brought nothing of use to these parameters, if a rule can tell."""
    wanted = frozenset(parameters)
    if not wanted:
        return None
    report = narrowed(judge_study(supposed(run, event, name, wanted)), _ASKED)
    mine = [finding for finding in report.findings if finding.player in (name, None)]
    return mine[0] if mine else None


def supposed(run: Run, event: Backward, name: str, parameters: frozenset[int]) -> Study:
    """The run in which that pass alone is stepped on, by an optimizer of these parameters."""
    order = max((*run.values, *(each.order for each in run.events), event.order), default=0) + 1
    optimizer = Optimizer(
        max(run.optimizers, default=0) + 1, "no optimizer yet", "", parameters, None
    )
    step = Step(
        order=order,
        round=event.round,
        optimizer=optimizer.id,
        location=None,
        site="supposed",
        gradients={p: _state(event.deposits.get(p)) for p in parameters},
    )
    past = [e for e in run.events if not isinstance(e, (Backward, Step)) or _is_plain(e)]
    alone = replace(
        run,
        outcome=replace(run.outcome, status="complete", rounds=1, steps=1),
        notes=(*run.notes, f"nothing stepped; the loss is judged as if {name} were stepped on it."),
        optimizers={optimizer.id: optimizer},
        events=(*(e for e in past if e.order < event.order), event, step),
    )
    return Study(alone, given=players_around(alone, name, parameters))


def _is_plain(event: Backward | Step) -> bool:
    return isinstance(event, Backward) and event.kind == "grad"


def _state(deposit: Deposit | None) -> Literal["none", "zero", "nonzero", "nonfinite"]:
    if deposit is None:
        return "none"
    if not deposit.finite:
        return "nonfinite"
    return "zero" if deposit.zero else "nonzero"


def players_around(run: Run, name: str, parameters: frozenset[int]) -> tuple[Player, ...]:
    """The asked player, as it was asked for, behind the others as they are found."""
    inside = [m for m in run.modules.values() if m.parameters and m.parameters <= parameters]
    others = [
        replace(player, parameters=player.parameters - parameters)
        for player in find_players(run)
        if player.parameters - parameters and player.name != name
    ]
    held = [one.id for one in run.optimizers.values() if one.parameters & parameters]
    number = max((player.id for player in others), default=0) + 1
    modules = frozenset(module.id for module in inside)
    return (*others, Player(number, name, parameters, tuple(held), modules))


def with_values_as_parameters(run: Run, values: Mapping[int, tuple[int, str]]) -> Run:
    """Intermediate values, by id, turned into parameters of the given number and name."""
    leaves: dict[int, Value] = {
        identity: replace(
            run.values[identity],
            kind="parameter",
            parameter=number,
            inputs=(),
            cut=None,
            zero=False,
            live=True,
        )
        for identity, (number, _) in values.items()
        if identity in run.values
    }
    numbered = {number: Parameter(number, name, None, ()) for number, name in values.values()}
    return replace(run, values={**run.values, **leaves}, parameters={**run.parameters, **numbered})
