"""Which backward pass is drawn, for which finding, and whose parameters are whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gradcheck_gan.finding import Finding, Report
from gradcheck_gan.picture.drawing import PictureError, Role
from gradcheck_gan.picture.uses import Use, use_of
from gradcheck_gan.picture.walk import ordered, places
from gradcheck_gan.run import Backward, Run, Value

# Looking into every pass of a long run would cost more than the picture is worth.
SEARCHED = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """The pass to draw; `belongs_to` are the players that step on it.

    `use` is the step that found gradient of this pass, where the finding is about that.
    """

    event: Backward
    finding: Finding | None
    belongs_to: tuple[str, ...]
    use: Use | None = None


def choose(run: Run, report: Report) -> Choice:
    """The pass that the first error speaks of, else the last one that trains a generator."""
    passes = drawable(run)
    finding = first_finding(report)
    if finding is not None:
        return choose_for(run, report, finding, passes)
    event = _fullest(run, report, passes)
    return Choice(event, None, belongings(report)(event))


def drawable(run: Run) -> list[Backward]:
    """The passes whose graph was recorded. Raises PictureError where there is none."""
    passes = [
        event
        for event in run.events
        if isinstance(event, Backward) and event.traced and run.values.keys() & event.roots
    ]
    if not passes:
        raise PictureError(
            "No backward pass was recorded, so there is no gradient graph to draw; "
            "inspect a script that calls backward() on a loss."
        )
    return passes


def choose_for(run: Run, report: Report, finding: Finding, passes: list[Backward]) -> Choice:
    """That of the passes which the finding speaks of."""
    owners = belongings(report)
    use = use_of(run, finding)
    if use is not None:
        # It may have been left in an earlier round than the one that used it.
        passes = [event for event in passes if event.order in use.found] or passes
    event = _accused(run, passes, finding, owners, use)
    return Choice(event, finding, owners(event), use)


def first_finding(report: Report) -> Finding | None:
    for severity in ("error", "warning", "note"):
        for finding in report.findings:
            if finding.severity == severity:
                return finding
    return None


def belongings(report: Report) -> Callable[[Backward], tuple[str, ...]]:
    table = {(flow.round, flow.location): flow.belongs_to for flow in report.flow}

    def look_up(event: Backward) -> tuple[str, ...]:
        return table.get((event.round, event.location), ()) if event.location else ()

    return look_up


def _accused(
    run: Run,
    passes: list[Backward],
    finding: Finding,
    owners: Callable[[Backward], tuple[str, ...]],
    use: Use | None,
) -> Backward:
    """Narrow the passes by one kind of evidence after the other; a test that none meets is void."""
    primary = (finding.location.file, finding.location.line)
    named = [primary, *((one.location.file, one.location.line) for one in finding.related)]
    if use is None:
        passes = [event for event in passes if event.round == finding.first_round] or passes
    for line in named:
        # Related places are in the order of events: what was left behind, then who used it.
        if meant := [event for event in passes if _line(event) == line]:
            passes = meant
            break
    if len(passes) > 1:
        passes = [event for event in passes[:SEARCHED] if primary in _lines(run, event)] or passes
    if use is not None:
        return passes[-1]
    passes = [event for event in passes if finding.player in owners(event)] or passes
    return passes[0]


def _line(event: Backward) -> tuple[str, int]:
    return (event.location.file, event.location.line) if event.location else ("", 0)


def _lines(run: Run, event: Backward) -> set[tuple[str, int]]:
    values = [run.values[identifier] for identifier in ordered(run, event.roots)]
    found = {(place.file, place.line) for value in values for place in places(value)}
    calls: set[int] = set()
    for value in values:
        current = value.call
        while current is not None and current in run.calls and current not in calls:
            calls.add(current)
            current = run.calls[current].parent
    sites = (run.calls[call].location for call in calls)
    return found | {(site.file, site.line) for site in sites if site is not None}


def _fullest(run: Run, report: Report, passes: list[Backward]) -> Backward:
    generators = {player.name for player in report.players if player.role == "generator"}
    owners = belongings(report)
    late = passes[-SEARCHED:]
    late = [event for event in late if generators.intersection(owners(event))] or late
    whose = parameter_players(run, report)
    return max(late, key=lambda event: (len(_players_in(run, event, whose)), event.order))


def _players_in(run: Run, event: Backward, whose: Mapping[int, tuple[str, Role]]) -> set[str]:
    values: Iterable[Value] = (run.values[one] for one in ordered(run, event.roots))
    return {
        whose[value.parameter][0]
        for value in values
        if value.parameter is not None and value.parameter in whose
    }


def parameter_players(run: Run, report: Report) -> Mapping[int, tuple[str, Role]]:
    """Parameter to the player whose optimizer, or whose module, holds it."""
    whose: dict[int, tuple[str, Role]] = {}
    for player in report.players:
        names = set(player.optimizers)
        held = [one.parameters for one in run.optimizers.values() if one.name in names]
        held = held or [
            module.parameters
            for module in run.modules.values()
            if player.name in (module.name, module.variable)
        ]
        for parameters in held:
            for parameter in parameters:
                whose.setdefault(parameter, (player.name, player.role))
    return whose
