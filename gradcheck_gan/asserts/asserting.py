"""What an assertion found, in words: counts, the culprit line, the fix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradcheck_gan.finding import Finding
from gradcheck_gan.received import Received, State
from gradcheck_gan.report import text
from gradcheck_gan.words import counted, listed

NAMED = 6
WORDS: dict[State, str] = {
    "none": "no gradient (None)",
    "zero": "all zero",
    "nonfinite": "NaN or Inf",
    "frozen": "frozen (requires_grad is False)",
    "flows": "gradient",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`source` is what was differentiated: `the loss`, `the term adv of the loss`, `the step`.

    `others` say of other modules how many of their parameters got a gradient. `findings` name the
    lines at fault; where there are none, `hints` say what is known, and what to do next.
    """

    player: str
    source: str
    received: tuple[Received, ...]
    wrong: tuple[Received, ...]
    others: tuple[tuple[str, int, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        return bool(self.wrong or self.findings)


def missing(verdict: Verdict, root: Path) -> str:
    """Why gradient does not flow."""
    lines = [_headline(verdict), *_states(verdict.received)]
    if not verdict.wrong:
        lines = [f"{lines[0][:-1]}, but not as it should:"]
    return _joined(lines, verdict, root)


def unwanted(verdict: Verdict, root: Path) -> str:
    """Why gradient flows where none should."""
    lines = [f"{_fact(verdict)}, and none should."]
    return _joined([*lines, *_names("gradient", verdict.wrong)], verdict, root)


def _headline(verdict: Verdict) -> str:
    got = [f"{flows} of {total} of {name}" for name, flows, total in verdict.others if flows]
    beside = f"; {listed(got)} do" if got else ""
    return f"{_fact(verdict)}{beside}."


def _fact(verdict: Verdict) -> str:
    flows = sum(each.state in ("flows", "nonfinite") for each in verdict.received)
    total = counted(len(verdict.received), "parameter")
    verb = "receives" if flows == 1 else "receive"
    if len(verdict.received) == 1 and verdict.received[0].name == "":
        return f"{verdict.player} receives {'a' if flows else 'no'} gradient from {verdict.source}"
    return f"{flows} of {total} of {verdict.player} {verb} gradient from {verdict.source}"


def _states(received: Sequence[Received]) -> list[str]:
    lines: list[str] = []
    for state, words in WORDS.items():
        if state != "flows":
            lines += _names(words, [each for each in received if each.state == state])
    return lines


def _names(words: str, received: Sequence[Received]) -> list[str]:
    if not received or not received[0].name:
        return [f"  {words}"] if received and words != "gradient" else []
    shown = ", ".join(each.name for each in received[:NAMED])
    more = f" and {len(received) - NAMED} more" if len(received) > NAMED else ""
    return [f"  {words}: {shown}{more}"]


def _joined(lines: Iterable[str], verdict: Verdict, root: Path) -> str:
    parts = ["\n".join(lines)]
    parts += [text.brief(finding, root=root) for finding in verdict.findings]
    if not verdict.findings:
        parts += [text.paragraph(hint) for hint in verdict.hints]
    return "\n\n".join(parts)
