"""From what each rank recorded and found to one run and one report."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gradcheck_gan.finding import SEVERITIES, Finding, Report
from gradcheck_gan.ranks.record import Record
from gradcheck_gan.report.sentences import extent
from gradcheck_gan.run import Outcome, Peer
from gradcheck_gan.stored import StoredRun
from gradcheck_gan.words import listed

_RANKS = re.compile(r"\branks? \d")
_Key = tuple[str, object, str | None]


def merged(
    own: StoredRun, ended: float, records: Iterable[Record], lost: Mapping[int, str]
) -> StoredRun:
    """The report of this rank, whose run knows of the others, with what was found on them.

    `lost` says of ranks that left no record why they did not.
    """
    records = sorted(records, key=lambda record: record.peer.rank)
    rank, peers = own.run.rank or 0, own.run.peers
    outcome = _outcome(own.run.outcome, ended, rank, peers, lost)
    found: dict[_Key, list[tuple[int, Finding]]] = {}
    by_rank = [(rank, own.report)]
    by_rank += [(each.peer.rank, each.report) for each in records if each.report is not None]
    for number, report in by_rank:
        for finding in report.findings:
            found.setdefault(_key(finding), []).append((number, finding))
    findings = [_named(each, len(by_rank)) for each in found.values()]
    findings.sort(key=_importance)
    notes = [*_about(rank, own.run.outcome, peers), *_notes(by_rank)]
    notes += [f"rank {number} left no record: {why}" for number, why in sorted(lost.items())]
    sources = {path: dict(lines) for path, lines in own.sources.items()}
    for record in records:
        for path, lines in record.sources.items():
            sources.setdefault(path, {}).update(lines)
    ignores = dict.fromkeys([*own.ignores, *(one for each in records for one in each.ignores)])
    report = replace(
        own.report,
        outcome=outcome,
        findings=tuple(findings),
        notes=tuple(dict.fromkeys(notes)),
    )
    run = replace(own.run, outcome=outcome)
    return StoredRun(run, report, tuple(ignores), sources)


def _notes(by_rank: Sequence[tuple[int, Report]]) -> list[str]:
    """What is noted on all ranks is told once, of the rest on which rank it was.

    One that names ranks tells that itself.
    """
    counts = Counter(note for _, report in by_rank for note in dict.fromkeys(report.notes))
    told = {
        note
        if counts[note] == len(by_rank) or _RANKS.search(note)
        else f"rank {rank}: {note}": None
        for rank, report in by_rank
        for note in report.notes
    }
    return list(told)


def _about(rank: int, outcome: Outcome, peers: Sequence[Peer]) -> list[str]:
    """Which ranks there are, and of those that came less or more far how far they came."""
    if not peers:
        return []
    ranks = _ranks(sorted([rank, *(peer.rank for peer in peers)]))
    unlike = [_told(peer) for peer in peers if _differs(peer.outcome, outcome)]
    return [f"recorded on {ranks}; what names no rank is true of each", *unlike]


def _key(finding: Finding) -> _Key:
    return finding.code, finding.location, finding.player


def _named(seen: Sequence[tuple[int, Finding]], world: int) -> Finding:
    """A finding that was not made on all ranks says where it was."""
    first = seen[0][1]
    if len(seen) == world or "ranks" in first.evidence:
        return first
    where = _ranks([rank for rank, _ in seen])
    return replace(
        first,
        message=f"{first.message} ({where} only)",
        evidence={**first.evidence, "ranks": ", ".join(str(rank) for rank, _ in seen)},
    )


def _importance(finding: Finding) -> tuple[int, str, int, int, str]:
    place = finding.location
    return SEVERITIES.index(finding.severity), place.path, place.cell or 0, place.line, finding.code


def _ranks(ranks: Sequence[int]) -> str:
    return f"rank{'s' if len(ranks) > 1 else ''} {listed(map(str, ranks))}"


def _differs(one: Outcome, other: Outcome) -> bool:
    return extent(one) != extent(other) or one.status != other.status


def _told(peer: Peer) -> str:
    outcome = peer.outcome
    how = f", {outcome.status}" + (f" with {_line(outcome.exception)}" if outcome.exception else "")
    return f"rank {peer.rank}: {extent(outcome)}{how}"


def _outcome(
    own: Outcome, ended: float, rank: int, peers: Sequence[Peer], lost: Mapping[int, str]
) -> Outcome:
    """How the whole ended: as the first rank that failed by itself, or as this one."""
    if lost and own.status in ("crashed", "interrupted"):
        number, why = min(lost.items())
        return replace(own, status="crashed", exception=f"rank {number} is lost: {why}")
    failed = [(ended, rank, own)] if own.status == "crashed" else []
    failed += [(p.ended, p.rank, p.outcome) for p in peers if p.outcome.status == "crashed"]
    if not failed or own.status == "interrupted":
        return own
    _, number, first = min(failed, key=lambda each: each[:2])
    texts = {_line(outcome.exception) for _, _, outcome in failed}
    if number == rank or (own.status == "crashed" and len(texts) == 1):
        return own
    told = _line(first.exception) or f"exit status {first.script_exit}"
    return replace(own, status="crashed", exception=f"{told} on rank {number}", stopped_by=None)


def _line(exception: str | None) -> str:
    return textwrap.shorten((exception or "").strip().partition("\n")[0], 120, placeholder=" ...")
