"""What a rank leaves for the one that writes the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck_gan.finding import Report
from gradcheck_gan.ignores import Ignore
from gradcheck_gan.run import Peer
from gradcheck_gan.stored import decoded, encoded


@dataclass(frozen=True, slots=True)
class Record:
    """How a rank fared, and what was found on it alone; `sources` are the lines cited.

    There is no report where judging failed.
    """

    peer: Peer
    report: Report | None = None
    ignores: tuple[Ignore, ...] = ()
    sources: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


def dump(record: Record) -> str:
    return json.dumps(encoded(record))


def load(text: str) -> Record:
    """What `dump` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    record: Record = decoded(Record, json.loads(text))
    return record
