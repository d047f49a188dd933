"""From rules to a report: claims are folded, selected, merged and sorted; players are named."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sketch import Pair
from sketch_script import record

from gradcheck_gan import rules
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.checking import CheckOptions, NoMatchError, all_rules, check
from gradcheck_gan.finding import Report, Severity
from gradcheck_gan.rule import Claim, Rule, Subject
from gradcheck_gan.run import Location, Run

HERE: Subject = (1, "site")
THERE: Subject = (2, "site")

Module = SimpleNamespace


def rule(
    code: str,
    *claims: tuple[int, Subject],
    under: tuple[str, ...] = (),
    severity: Severity = "error",
    default: bool = True,
    rounds: tuple[int, ...] = (1,),
) -> Module:
    """A rule that makes one claim for every line and subject."""
    made = Rule(code, code.lower(), severity, "x", default=default, folds_under=frozenset(under))

    def run(study: Study) -> list[Claim]:
        return [
            made.claim(
                "m",
                Location("train.py", line),
                "f",
                subjects=[subject],
                rounds=rounds,
                related=[(Location("train.py", 90 + line), "here"), (None, "nowhere")],
            )
            for line, subject in claims
        ]

    return SimpleNamespace(RULE=made, check=run)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    """The report of these rules alone on a run of two players."""

    def judge(*modules: Module, **options: Any) -> Report:
        monkeypatch.setattr(rules, "modules", lambda: modules)
        return check(hand_made(), CheckOptions(**options))

    return judge


def hand_made() -> Run:
    story = Pair()
    for _ in range(2):
        story.passing("d", story.D)
        story.step(story.opt_d)
        story.passing("g", story.G)
        story.step(story.opt_g)
    return story.run()


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def test_a_claim_is_folded_under_a_stronger_one_of_the_same_subject(
    judged: Callable[..., Report],
) -> None:
    weak = rule("GG109", (1, HERE), (2, THERE), under=("GG101",))
    report = judged(rule("GG101", (3, HERE)), weak)
    assert [(f.code, f.location.line) for f in report.findings] == [("GG109", 2), ("GG101", 3)]


def test_folding_goes_one_way_and_does_not_depend_on_the_order(
    judged: Callable[..., Report],
) -> None:
    strong, weak = rule("GG101", (1, HERE)), rule("GG110", (2, HERE), under=("GG101",))
    assert codes(judged(weak, strong)) == codes(judged(strong, weak)) == ["GG101"]


def test_a_chain_of_effects_leaves_its_cause(judged: Callable[..., Report]) -> None:
    first = rule("GG112", (1, HERE))
    second = rule("GG105", (2, HERE), under=("GG112",))
    third = rule("GG110", (3, HERE), under=("GG105",))
    assert codes(judged(first, second, third)) == ["GG112"]


def test_a_rule_that_raises_leaves_the_others_and_is_told(judged: Callable[..., Report]) -> None:
    broken = rule("GG102")

    def fail(study: Study) -> list[Claim]:
        raise KeyError("x")

    broken.check = fail
    report = judged(rule("GG101", (1, HERE)), broken, rule("GG201", (2, THERE)))
    assert codes(report) == ["GG101", "GG201"]
    assert [note for note in report.notes if "GG102" in note and "KeyError" in note]


def test_a_rule_that_raises_halfway_keeps_nothing(judged: Callable[..., Report]) -> None:
    broken, sound = rule("GG102", (1, HERE)), rule("GG101", (2, HERE)).check

    def half(study: Study) -> object:
        yield from sound(study)
        raise RuntimeError("later")

    broken.check = half
    assert len(judged(broken).notes) == 1


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"select": ("GG1",)}, ["GG101", "GG110"]),
        ({"select": ("GG101", "GG2")}, ["GG101", "GG201"]),
        ({"ignore": ("GG1",)}, ["GG201"]),
        ({"select": ("GG",), "ignore": ("GG110",)}, ["GG101", "GG201"]),
        ({"select": ("GG101",), "ignore": ("GG101",)}, []),
        ({"select": ("GG4",)}, []),
    ],
)
def test_codes_and_prefixes_select_and_ignore(
    judged: Callable[..., Report], options: dict[str, tuple[str, ...]], left: list[str]
) -> None:
    three = [rule(code, (n, (n, "s"))) for n, code in enumerate(["GG101", "GG110", "GG201"], 1)]
    assert codes(judged(*three, **options)) == left


def test_a_rule_that_is_off_runs_only_when_it_is_selected(judged: Callable[..., Report]) -> None:
    off = rule("GG206", (1, HERE), default=False)
    assert codes(judged(off)) == []
    assert codes(judged(off, select=("GG206",))) == ["GG206"]
    assert codes(judged(off, select=("GG2",))) == ["GG206"]


def test_an_effect_stays_folded_when_its_cause_is_not_shown(judged: Callable[..., Report]) -> None:
    """Ignoring the cause must not bring up what it explains."""
    strong, weak = rule("GG101", (1, HERE)), rule("GG110", (2, HERE), under=("GG101",))
    assert codes(judged(strong, weak, ignore=("GG101",))) == []


def test_findings_of_one_place_are_one(judged: Callable[..., Report]) -> None:
    early = rule("GG101", (1, HERE), rounds=(1, 2))
    late = rule("GG101", (1, THERE), rounds=(4,))
    (finding,) = judged(late, early).findings
    assert (finding.first_round, finding.last_round, finding.count) == (1, 4, 3)
    assert len(finding.related) == 1


def test_a_related_place_that_is_unknown_is_left_out(judged: Callable[..., Report]) -> None:
    (finding,) = judged(rule("GG101", (1, HERE))).findings
    assert [place.location.line for place in finding.related] == [91]


def test_errors_come_first_then_lines(judged: Callable[..., Report]) -> None:
    report = judged(
        rule("GG201", (1, HERE), severity="warning"),
        rule("GG206", (2, HERE), severity="note"),
        rule("GG101", (9, HERE), (4, THERE)),
    )
    assert [(f.code, f.location.line) for f in report.findings] == [
        ("GG101", 4),
        ("GG101", 9),
        ("GG201", 1),
        ("GG206", 2),
    ]


@pytest.mark.parametrize("name", ["netG", "Generator", "optG"])
def test_a_player_is_named_by_variable_class_or_optimizer(
    judged: Callable[..., Report], name: str
) -> None:
    report = judged(discriminator=(name,))
    assert {player.name: player.role for player in report.players}["netG"] == "discriminator"


def test_a_player_is_named_by_its_attribute_path_or_the_end_of_it() -> None:
    recorded = record(
        """
        from types import SimpleNamespace
        nets = SimpleNamespace(first=nn.Linear(2, 1))
        opt = torch.optim.SGD(nets.first.parameters(), lr=0.1)
        nets.first(z).mean().backward()
        opt.step()
        """,
        players=True,
    )
    for name in ("nets.first", "first"):
        report = check(recorded.run, CheckOptions(generator=(name,)))
        assert {p.name: p.role for p in report.players}["nets.first"] == "generator"


def test_several_players_are_named_at_once(judged: Callable[..., Report]) -> None:
    report = judged(generator=("netD",), discriminator=("netG",))
    assert [player.role for player in report.players] == ["discriminator", "generator"]


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_a_name_that_fits_nobody_lists_the_candidates(
    judged: Callable[..., Report], role: str
) -> None:
    with pytest.raises(NoMatchError, match=r"'netX'.*netG, netD"):
        judged(**{role: ("netX",)})


def test_the_report_tells_players_and_what_each_pass_left() -> None:
    report = check(hand_made())
    assert [(p.name, p.parameters, p.optimizers) for p in report.players] == [
        ("netG", 3, ("optG",)),
        ("netD", 2, ("optD",)),
    ]
    assert [line.belongs_to for line in report.flow] == [("netD",), ("netG",)]
    assert report.flow[0].reach["netD"].flows == 2
    assert report.flow[0].reach["netG"].none == 3
    assert [line.count for line in report.flow] == [2, 2]
    assert report.target == "train.py"


def test_codes_are_unique_and_every_name_is_one_word_with_dashes() -> None:
    every = all_rules()
    assert len({each.code for each in every}) == len({each.name for each in every}) == len(every)
    assert [each.code for each in every] == sorted(each.code for each in every)
    assert all(each.code not in each.folds_under for each in every)


def test_folding_has_no_circle() -> None:
    under = {each.code: each.folds_under for each in all_rules()}
    left = dict(under)
    while free := [code for code, stronger in left.items() if not stronger & left.keys()]:
        for code in free:
            del left[code]
    assert not left


def test_a_severity_can_be_overridden_the_longest_code_counts(
    judged: Callable[..., Report],
) -> None:
    codes = ("GG101", "GG102", "GG201")
    modules = [rule(code, (line, (line, "site"))) for line, code in enumerate(codes, start=3)]
    report = judged(*modules, severities={"GG1": "note", "GG102": "warning"})
    assert {finding.code: finding.severity for finding in report.findings} == {
        "GG101": "note",
        "GG102": "warning",
        "GG201": "error",
    }
