"""A user's training step, called for real under a recorder, and its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import FrameType
from typing import Any, cast

from gradcheck_gan.analysis.study import Role
from gradcheck_gan.asserts.answers import title_of
from gradcheck_gan.checking import CheckOptions
from gradcheck_gan.recording.asked import asked
from gradcheck_gan.recording.library import Recording, scopes_of
from gradcheck_gan.results import Report

Named = Mapping[str, Any]


def inspected(
    step: Callable[[], Any],
    roles: Named,
    optimizers: Iterable[Any],
    rounds: int,
    caller: FrameType | None,
) -> Report:
    if not callable(step):
        raise TypeError(f"{type(step).__name__} cannot be called; give a function that trains.")
    if rounds < 1:
        raise ValueError(f"rounds={rounds} calls nothing; give at least 1.")
    given = {role: _listed(who) for role, who in roles.items()}
    with Recording(title_of(step), caller, scopes_of(step)) as recording:
        recording.expect(optimizers)
        for number in range(rounds):
            if number:
                recording.next_call()
            step()
        held = {role: _parameters(recording, who) for role, who in given.items()}
        run = recording.run()
    return Report.of(run, _options(given, held))


def _listed(who: Any) -> list[Any]:
    if who is None:
        return []
    return list(who) if isinstance(who, (list, tuple, set)) else [who]


def _parameters(recording: Recording, who: Iterable[Any]) -> frozenset[int]:
    modules = [module for module in who if not isinstance(module, str)]
    tensors = [each for module in modules for each in asked(module)]
    recording.adopt(tensors)
    return frozenset(recording.numbers(tensors))


def _options(given: Mapping[str, list[Any]], held: Mapping[str, frozenset[int]]) -> CheckOptions:
    names = {role: tuple(w for w in who if isinstance(w, str)) for role, who in given.items()}
    options = CheckOptions(generator=names["generator"], discriminator=names["discriminator"])
    roles = tuple((cast(Role, role), some) for role, some in held.items() if some)
    return replace(options, roles=roles)
