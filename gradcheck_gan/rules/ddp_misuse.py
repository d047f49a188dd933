"""GG502: several processes train, and what DistributedDataParallel is for does not happen."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.study import Study
from gradcheck_gan.rule import Claim, Rule
from gradcheck_gan.rules._ranks_apart import ranks_apart
from gradcheck_gan.rules._sent_buffers import sent_buffers
from gradcheck_gan.rules._unfinished import unfinished

RULE = Rule(
    "GG502",
    "ddp-misuse",
    "error",
    "ranks that train together do not share a player's gradients, or stop one another",
)


def check(study: Study) -> Iterator[Claim]:
    if study.run.rank is not None:
        yield from ranks_apart(study, RULE)
        yield from unfinished(study, RULE)
        yield from sent_buffers(study, RULE)
