"""GG311: a backward pass kept its graph, and nothing went through that graph again."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward
from gradcheck_gan.words import counted

RULE = Rule(
    "GG311",
    "needless-retain-graph",
    "note",
    "retain_graph=True, and no later pass went through the graph that was kept",
)


def check(study: Study) -> Iterator[Claim]:
    # A penalty may use the graph in one iteration of sixteen: only a run that was seen to its end
    # tells that nothing ever does.
    if study.run.outcome.status != "complete":
        return
    passes = sorted(study.ledger.passes.values(), key=lambda event: event.order)
    sites: dict[str, list[Backward]] = {}
    for event in passes:
        if event.kind == "backward" and event.retained and not event.create_graph:
            sites.setdefault(event.site, []).append(event)
    graphs = _Graphs(study, passes)
    for events in sites.values():
        if not any(graphs.may_be_used_again(event) for event in events):
            yield _claim(study, events)


class _Graphs:
    """What every pass went through: the operations with a graph that its roots were made by."""

    def __init__(self, study: Study, passes: list[Backward]) -> None:
        self._study = study
        self._passes = passes
        self._through = {event.order: self._walked(event) for event in passes if event.traced}
        self._known_sites = {(event.site, event.round) for event in passes if event.traced}

    def _walked(self, event: Backward) -> frozenset[int]:
        values = self._study.run.values
        seen: set[int] = set()
        pending = list(event.roots)
        while pending:
            value = values.get(pending.pop())
            if value is None or value.id in seen or not value.live or not value.inputs:
                continue
            seen.add(value.id)
            pending.extend(edge.source for edge in value.inputs if edge.live)
        return frozenset(seen)

    def may_be_used_again(self, event: Backward) -> bool:
        """A later pass went through the same operations, or was not recorded well enough to know.

        Of many passes of one site in one round only some are kept; the others are like them.
        """
        later = [other for other in self._passes if other.order > event.order]
        return any(self._may_use(other, event) for other in later)

    def _may_use(self, later: Backward, event: Backward) -> bool:
        mine, theirs = self._through.get(event.order), self._through.get(later.order)
        if theirs is None:
            return (later.site, later.round) not in self._known_sites
        if mine is None:
            return any(identity < event.order for identity in theirs)
        return not mine.isdisjoint(theirs)


def _claim(study: Study, events: list[Backward]) -> Claim:
    event = events[0]
    return RULE.claim(
        f"the backward pass at {at(event.location)} kept its graph with retain_graph=True in each "
        f"of its {counted(len(events), 'run')}, and 0 later passes of the whole script went "
        "through it",
        event.location,
        "Remove retain_graph=True, so that the memory is freed at once. If torch then raises, "
        "something that is not seen here uses the graph again.",
        evidence={"passes": len(events), "later_passes_through_it": 0},
        rounds={each.round for each in events},
    )
