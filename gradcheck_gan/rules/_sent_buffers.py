"""Buffers that the wrapper wrote over while a graph still needed them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.analysis.wording import at
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.run import Backward, Broadcast, Location
from gradcheck_gan.words import counted, listed

_REFUSAL = re.compile(r"modified by an inplace operation: \[[\w.]+ \[([\d, ]*)\]\]")
_SHOWN = 3


def sent_buffers(study: Study, rule: Rule) -> Iterator[Claim]:
    """Told of a pass that torch refused, where buffers of the shape that it names were sent."""
    for event in study.run.events:
        if not isinstance(event, Backward):
            continue
        refused = _REFUSAL.search(event.error or "")
        if refused is None:
            continue
        shape = tuple(int(size) for size in re.findall(r"\d+", refused[1]))
        for sent in reversed(study.run.broadcasts):
            first = _run_before(study, event, sent)
            if sent.order < event.order and shape in sent.shapes and first is not None:
                yield _claim(study, rule, event, sent, first)
                break


def _run_before(study: Study, event: Backward, sent: Broadcast) -> Location | None:
    """Where the module ran for this pass, before its buffers were sent."""
    held = study.run.modules[sent.module].parameters if sent.module in study.run.modules else None
    for entry in study.meetings.in_pass(event):
        player = study.player_by_id[entry.player]
        if held and player.parameters & held and min(entry.values) < sent.order:
            return entry.location
    return None


def _not_sent(study: Study, sent: Broadcast) -> str:
    module = study.run.modules[sent.module]
    if module.class_name == "DistributedDataParallel":
        return f"Wrap {module.name} with broadcast_buffers=False"
    return f"Send the buffers of {module.name} once in each update, before its first call"


def _claim(study: Study, rule: Rule, event: Backward, sent: Broadcast, first: Location) -> Claim:
    name = study.run.modules[sent.module].name
    shown = [*sent.buffers[:_SHOWN]]
    more = len(sent.buffers) - len(shown)
    buffers = listed([*shown, *([f"{more} more"] if more else [])])
    return rule.claim(
        f"this call of {name} wrote {counted(len(sent.buffers), 'buffer')} ({buffers}) over with "
        f"those of rank 0, in place, while the backward pass at {at(event.location)} still needed "
        f"them as they were in the call at {at(first)}; torch refused to run it",
        sent.location,
        f"{_not_sent(study, sent)}, turn the batch norm of {name} into SyncBatchNorm, or call it "
        "once on both batches, joined by torch.cat.",
        related=[
            (first, f"{name} ran here first"),
            (event.location, "the pass that needed what the buffers held then"),
        ],
        player=next((p.name for p in study.players if p.modules & {sent.module}), None),
        evidence={"buffers": len(sent.buffers)},
        rounds=[event.round],
    )
