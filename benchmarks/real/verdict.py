"""What the ledger's figures amount to, what the tool's findings amount to, and if they agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

NOTHING = "no gradient in"
LEAK = "one pass read on both sides:"
WASTE = "gradient for nothing in"
TWICE = "held twice by"
CRASH = "a graph that was changed"
NOT_COMPARED = "not compared"

# What a ledger of gradients can measure; all other codes are about values, terms or order.
KINDS = {
    **dict.fromkeys("GG101 GG102 GG103 GG104 GG105 GG106 GG107 GG108 GG109".split(), NOTHING),
    **dict.fromkeys("GG112 GG301 GG306".split(), NOTHING),
    **dict.fromkeys("GG202 GG203 GG205".split(), LEAK),
    "GG201": WASTE,
    "GG310": TWICE,
    "GG303": CRASH,
}
_CHANGED = "modified by an inplace operation"


@dataclass(frozen=True)
class Claim:
    """A kind of fault and the optimizers it is about; none named means any."""

    kind: str
    optimizers: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return " ".join([self.kind, " and ".join(sorted(self.optimizers))]).strip()

    def fits(self, other: Claim) -> bool:
        unnamed = not self.optimizers or not other.optimizers
        return self.kind == other.kind and (unnamed or bool(self.optimizers & other.optimizers))


def measured(account: dict[str, Any], discriminators: Collection[str]) -> list[Claim]:
    """The ledger's claims; which optimizers are discriminators' is told by whoever read it."""
    stepped = [owner for owner in account["optimizers"] if owner["steps"]]
    claims = [Claim(NOTHING, frozenset({o["name"]})) for o in stepped if not o["alive"]]
    claims += [
        Claim(TWICE, frozenset({o["name"]})) for o in stepped if o["entries"] > o["parameters"]
    ]
    claims += _crossing(account, discriminators)
    if _CHANGED in (account["error"] or ""):
        claims.append(Claim(CRASH))
    return list(dict.fromkeys(claims))


def _crossing(account: dict[str, Any], discriminators: Collection[str]) -> list[Claim]:
    """Passes of a discriminator that fill a generator, unread or read by both."""
    read, unread = by_site(account, "read"), by_site(account, "unread")
    claims = []
    for site, readers in read.items():
        judges, makers = _sides(readers, discriminators)
        idle = _sides(unread[site], discriminators)[1] - makers
        if judges and makers:
            claims.append(Claim(LEAK, judges | makers))
        elif judges and idle:
            claims.append(Claim(WASTE, idle))
    return claims


def by_site(account: dict[str, Any], kind: str) -> dict[str, set[str]]:
    """For each pass the names of the optimizers that read it, or left it unread."""
    names = {owner["number"]: owner["name"] for owner in account["optimizers"]}
    found: dict[str, set[str]] = defaultdict(set)
    for site, number, _ in account[kind]:
        found[site].add(names[number])
    return found


def _sides(
    names: Collection[str], discriminators: Collection[str]
) -> tuple[frozenset[str], frozenset[str]]:
    judges = frozenset(name for name in names if name in discriminators)
    return judges, frozenset(names) - judges


def told(report: dict[str, Any]) -> list[Claim]:
    """The findings of a kind that the ledger measures too."""
    owners = {player["name"]: player["optimizers"] for player in report["players"]}
    return [
        Claim(
            KINDS[finding["code"]],
            frozenset(name.rpartition(".")[2] for name in owners.get(finding["player"], ())),
        )
        for finding in report["findings"]
        if finding["code"] in KINDS
    ]


def agreement(
    account: dict[str, Any] | None, report: dict[str, Any] | None, discriminators: Collection[str]
) -> str:
    """`yes`, `no` with what only one of them says, or that nothing was measured."""
    if account is None or report is None or not account["steps"]:
        return NOT_COMPARED
    ledger, tool = measured(account, discriminators), told(report)
    parts = [*_alone("ledger", ledger, tool), *_alone("tool", tool, ledger)]
    return f"no: {'; '.join(parts)}" if parts else "yes"


def _alone(who: str, claims: Sequence[Claim], others: Sequence[Claim]) -> list[str]:
    lonely = [claim for claim in claims if not any(claim.fits(other) for other in others)]
    return [f"{who} alone: {claim}" for claim in dict.fromkeys(lonely)]
