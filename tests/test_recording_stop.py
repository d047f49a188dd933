"""When recording ends: rounds of a real script, and the signal that stops it."""

from __future__ import annotations

import torch
from sketch_script import record

from gradcheck_gan.recording import Recorder
from gradcheck_gan.stop import StopInspection

ROUNDS = """
for index in range(6):
    {before}
    optD.zero_grad()
    D(G(z).detach()).mean().backward()
    optD.step()
    optG.zero_grad()
    D(G(z)).mean().backward()
    optG.step()
"""


def test_a_round_is_one_update_of_every_player() -> None:
    recorded = record(ROUNDS.format(before="pass"), players=True)
    assert [step.round for step in recorded.steps] == [n for n in range(1, 7) for _ in range(2)]
    assert recorded.run.outcome.rounds == 6


def test_an_optimizer_made_anew_each_round_closes_rounds() -> None:
    recorded = record(
        ROUNDS.format(before="optD = torch.optim.SGD(D.parameters(), lr=0.1)"), players=True
    )
    assert recorded.run.outcome.rounds == 6


def test_a_copy_made_anew_each_round_is_not_awaited_once_it_is_dead() -> None:
    before = (
        "import copy; twin = copy.deepcopy(D); inner = torch.optim.SGD(twin.parameters(), lr=0.1)\n"
        "    twin(real).mean().backward(); inner.step()"
    )
    recorded = record(ROUNDS.format(before=before), players=True)
    assert recorded.run.outcome.rounds == 6


def test_a_dead_optimizer_that_never_stepped_is_not_awaited() -> None:
    recorded = record(
        "idle = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)\ndel idle\n"
        + ROUNDS.format(before="pass"),
        players=True,
    )
    assert recorded.run.outcome.rounds == 6


def test_a_living_optimizer_that_never_steps_is_awaited_and_named() -> None:
    recorded = record(
        "extra = nn.Linear(2, 2)\nidle = torch.optim.SGD(extra.parameters(), lr=0.1)\n"
        + ROUNDS.format(before="pass"),
        players=True,
    )
    assert recorded.run.outcome.rounds == 0


def test_the_script_is_stopped_at_the_return_of_the_step_that_closes_the_last_round() -> None:
    recorded = record(ROUNDS.format(before="reached = index"), players=True, rounds=2)
    assert isinstance(recorded.error, StopInspection)
    assert recorded.scope["reached"] == 1
    assert recorded.run.outcome.stopped_by == "rounds"
    assert len(recorded.steps) == 4


def test_the_script_is_stopped_at_the_last_step_that_is_allowed() -> None:
    recorded = record(ROUNDS.format(before="pass"), players=True, max_steps=3)
    assert isinstance(recorded.error, StopInspection)
    assert recorded.run.outcome.stopped_by == "max-steps"
    assert len(recorded.steps) == 3


def test_the_step_that_stops_the_script_was_taken() -> None:
    recorded = record(
        """
        before = D.weight.detach().clone()
        D(real).mean().backward()
        try:
            optD.step()
        finally:
            moved = not torch.equal(before, D.weight)
        """,
        players=True,
        max_steps=1,
    )
    assert recorded.scope["moved"] is True


def test_the_stop_is_raised_again_when_it_is_swallowed() -> None:
    recorded = record(
        """
        swallowed = 0
        for _ in range(5):
            try:
                optD.step()
            except BaseException as error:
                assert type(error).__name__ == "StopInspection"
                swallowed += 1
        """,
        players=True,
        max_steps=2,
    )
    assert recorded.scope["swallowed"] == 4


def test_after_three_swallowed_stops_the_session_is_called() -> None:
    class Gone(BaseException):
        pass

    def leave() -> None:
        raise Gone

    recorder = Recorder(max_steps=1)
    recorder.swallowed = leave
    raised: list[str] = []
    weight = torch.nn.Parameter(torch.zeros(1))
    with recorder:
        optimizer = torch.optim.SGD([weight], lr=0.1)
        for _ in range(4):
            try:
                optimizer.step()
            except (StopInspection, Gone) as error:
                raised.append(type(error).__name__)
    assert raised == ["StopInspection"] * 3 + ["Gone"]


def test_an_exception_handler_of_the_script_does_not_catch_the_stop() -> None:
    assert not issubclass(StopInspection, Exception)
