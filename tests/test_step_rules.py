"""Rules on steps: what is claimed, how surely, and which of two explanations is kept."""

from __future__ import annotations

import pytest
from sketch_script import Recorded, record

from gradcheck_gan.checking import CheckOptions, check
from gradcheck_gan.finding import Finding

RULES = CheckOptions(select=("GG2", "GG3"))

UPDATE_OF_D = """
    fake = G(z)
    optD.zero_grad()
    (F.softplus(-D(real)) + F.softplus(D(fake.detach()))).mean().backward()
    optD.step()
"""


def found(recorded: Recorded) -> tuple[Finding, ...]:
    return check(recorded.run, RULES).findings


def told(recorded: Recorded) -> list[tuple[str, str]]:
    return recorded.marked(found(recorded))


def gan(generator: str, rounds: int = 3, before: str = "", **options: object) -> Recorded:
    """A loop whose discriminator is right, with this step of the generator."""
    loop = f"{before}\nfor _ in range({rounds}):{UPDATE_OF_D}{generator}"
    return record(loop, players=True, **options)  # type: ignore[arg-type]


RIGHT = """
    optG.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    optG.step()
"""


def test_the_right_program_gets_no_finding() -> None:
    assert told(gan(RIGHT)) == []


EMPTY = """
    optG.zero_grad()
    loss = F.softplus(-D(fake)).mean()
    optG.step()  #: step
"""


@pytest.mark.parametrize("status", ["complete", "stopped"])
def test_an_empty_step_is_told_once(status: str) -> None:
    assert told(gan(EMPTY, status=status)) == [("GG301", "step")]


def test_one_empty_step_of_a_run_that_was_stopped_is_not_enough() -> None:
    assert told(gan(EMPTY, rounds=1, status="stopped")) == []
    assert told(gan(EMPTY, rounds=1, status="complete")) == [("GG301", "step")]


@pytest.mark.parametrize(
    ("status", "expected"), [("stopped", []), ("complete", [("GG301", "all")])]
)
def test_a_step_of_all_optimizers_tells_only_when_the_script_has_ended(
    status: str, expected: list[tuple[str, str]]
) -> None:
    recorded = record(
        """
        for _ in range(3):
            optD.zero_grad()
            (D(G(z).detach()) - D(real)).mean().backward()
            optG.step(); optD.step()  #: all
        """,
        players=True,
        status=status,  # type: ignore[arg-type]
    )
    assert told(recorded) == expected


def test_an_update_written_by_hand_is_no_missing_step() -> None:
    by_hand = """
    G.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    for p in G.parameters():
        p.data.sub_(0.1 * p.grad)
    G.zero_grad()
    """
    assert told(gan(by_hand)) == []
    assert told(gan(f"{by_hand}\n    optG.step()")) == []


CLEARED = """
    F.softplus(-D(fake)).mean().backward()
    optG.zero_grad()
    optG.step()  #: step
"""


def test_what_was_cleared_before_the_step_explains_that_it_was_empty() -> None:
    assert told(gan(CLEARED)) == [("GG302", "step")]


def test_a_step_before_the_first_pass_has_lost_nothing() -> None:
    late = """
    optG.zero_grad()
    loss = F.softplus(-D(fake)).mean()
    optG.step()  #: step
    loss.backward()
    """
    (finding,) = found(gan(late))
    assert (finding.code, finding.evidence["updates"]) == ("GG302", 2)


def test_one_of_two_passes_is_cleared_before_its_step() -> None:
    again = RIGHT + "    fake = G(z)" + CLEARED
    assert told(gan(again)) == [("GG302", "step")]


def test_clearing_what_another_pass_left_is_right() -> None:
    attached = """
    optD.zero_grad()
    (D(G(z)) - D(real)).mean().backward()
    optD.step()
    optG.zero_grad()
    optG.step()  #: step
    """
    assert ("GG302", "step") not in told(gan(attached))


NEVER = """
    {clear}
    F.softplus(-D(fake)).mean().backward()
"""


def test_discarded_passes_make_a_missing_step_an_error() -> None:
    recorded = gan(NEVER.format(clear="optG.zero_grad()"), status="stopped")
    (finding,) = found(recorded)
    assert (finding.code, finding.severity) == ("GG305", "error")


def test_a_step_that_may_come_later_is_a_note() -> None:
    waiting = gan(NEVER.format(clear=""), status="stopped")
    assert [(f.code, f.severity) for f in found(waiting)] == [("GG305", "note")]
    ended = gan(NEVER.format(clear=""))
    assert [(f.code, f.severity) for f in found(ended)] == [("GG305", "error")]


def test_an_optimizer_that_has_no_pass_yet_is_left_alone() -> None:
    assert (
        told(gan("", before="late = nn.Linear(2, 2)\noptL = torch.optim.SGD([late.weight])")) == []
    )


UNCLEARED = """
    F.softplus(-D(fake)).mean().backward()
    optG.step()  #: step
"""


@pytest.mark.parametrize(("rounds", "severity"), [(2, "warning"), (3, "error"), (5, "error")])
def test_gradients_used_again_once_are_a_warning(rounds: int, severity: str) -> None:
    (finding,) = found(gan(UNCLEARED, rounds=rounds))
    assert (finding.code, finding.severity) == ("GG307", severity)


def test_accumulation_uses_every_pass_once() -> None:
    accumulating = """
    F.softplus(-D(fake)).mean().backward()
    if _ % 3 == 2:
        optG.step()
        optG.zero_grad()
    """
    assert told(gan(accumulating, rounds=9)) == []


TWO = "optTwo = torch.optim.SGD(G.parameters(), lr=0.1)  #: two"


def test_two_optimizers_on_one_pass_are_no_repeated_step() -> None:
    assert told(gan(RIGHT + "    optTwo.step()", before=TWO)) == [("GG310", "two")]


def test_a_second_optimizer_with_a_pass_of_its_own_is_right() -> None:
    own = """
    optTwo.zero_grad()
    F.softplus(-D(G(z))).mean().backward()
    optTwo.step()
    """
    assert told(gan(RIGHT + own, before=TWO)) == []


def test_one_optimizer_twice_on_one_pass_is_a_repeated_step() -> None:
    assert told(gan(RIGHT + "    optG.step()  #: again")) == [("GG308", "again")]


def test_a_plain_step_behind_one_with_a_closure_is_a_repeated_step() -> None:
    closing = """
    def closure():
        optG.zero_grad()
        loss = F.softplus(-D(fake)).mean()
        loss.backward()
        return loss
    optG.step(closure)
    """
    assert told(gan(closing)) == []
    assert told(gan(f"{closing}\n    optG.step()  #: again")) == [("GG308", "again")]


def test_a_stale_optimizer_explains_that_nothing_reaches_it() -> None:
    stale = "optG = torch.optim.SGD(G.parameters(), lr=0.1)  #: made\nG = nn.Linear(2, 3)"
    recorded = gan(RIGHT, before=stale)
    assert recorded.marked(check(recorded.run).findings) == [("GG306", "made")]


def test_the_gradients_of_a_master_copy_are_written_by_hand() -> None:
    master = """
masters = [p.detach().clone().requires_grad_() for p in G.parameters()]
optG = torch.optim.SGD(masters, lr=0.1)
    """
    by_hand = """
    G.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    for p, m in zip(G.parameters(), masters):
        m.grad = p.grad.clone()
    optG.step()
    with torch.no_grad():
        for p, m in zip(G.parameters(), masters):
            p.copy_(m)
    """
    assert told(gan(by_hand, before=master)) == []


LISTED = """
class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.more = [nn.Linear(3, 3)]
    def forward(self, x):
        return self.more[0](self.first(x))
G = Listed()
optG = torch.optim.SGD({held}, lr=0.1)  #: made
"""


def test_layers_in_a_plain_list_are_held_by_no_optimizer() -> None:
    recorded = gan(RIGHT, before=LISTED.format(held="G.parameters()"))
    (finding,) = found(recorded)
    assert recorded.marked((finding,)) == [("GG304", "made")]
    assert finding.evidence["parameters_unowned"] == 2
    assert "ModuleList" in finding.fix


def test_layers_in_a_plain_list_may_be_handed_over_by_hand() -> None:
    held = "[*G.parameters(), *G.more[0].parameters()]"
    assert told(gan(RIGHT, before=LISTED.format(held=held))) == []


def test_a_net_that_is_used_elsewhere_too_is_no_hidden_layer() -> None:
    elsewhere = RIGHT.replace("-D(fake)", "-D(fake) - 0.1 * D(G.more[0](fake))")
    assert told(gan(elsewhere, before=LISTED.format(held="G.parameters()"))) == []


def test_what_an_earlier_step_used_is_no_new_pass_of_its_own() -> None:
    assert told(gan(RIGHT + "    optD.step()  #: stray")) == [("GG205", "stray")]
