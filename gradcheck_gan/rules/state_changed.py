"""GG206: buffers of the generator (batch norm statistics) moved in the discriminator's step."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.words import counted

RULE = Rule(
    "GG206",
    "state-changed",
    "note",
    "buffers of the generator, such as batch norm statistics, move in the discriminator's step",
    default=False,
)


def check(study: Study) -> Iterator[Claim]:
    for event in study.ledger.passes.values():
        owners = study.ownership.owners(event)
        for entry in study.meetings.in_pass(event):
            if entry.player in owners or entry.call is None or not entry.call.moved or not owners:
                continue
            if not study.adversaries.is_generator(study.player_by_id[entry.player]):
                continue
            name = study.player_by_id[entry.player].name
            judge = study.player_by_id[min(owners)].name
            yield RULE.claim(
                f"{counted(entry.call.moved, 'buffer')} of {name} changed while it made samples "
                f"for the step of {judge}",
                entry.location or event.location,
                f"If that is not wanted, call {name}.eval() before and {name}.train() after.",
                subjects={(entry.player, event.site)},
                player=name,
                evidence={"buffers": entry.call.moved},
                rounds=[event.round],
            )
