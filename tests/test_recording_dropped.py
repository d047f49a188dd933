"""Scalars that nothing can read: found by the ways through the code, kept with their place."""

from __future__ import annotations

import dis
import textwrap
from types import CodeType
from typing import Any

import pytest
from sketch_script import record

from gradcheck_gan.recording.dropped import Fate, fate_of

DROPPED = {
    "never named again": "loss = made()",
    "overwritten": "loss = made()\nloss = other()\nprint(loss)",
    "overwritten on every way": """
        loss = made()
        if flag:
            loss = other()
        else:
            loss = 0
        print(loss)
        """,
    "beside a method called eval": "loss = made()\nbox.eval()",
    "deleted": "loss = made()\ndel loss",
    "overwritten in the next turn": """
        for _ in range(3):
            loss = made()
            loss = other()
            print(loss)
        """,
}
USED = {
    "read": "loss = made()\nprint(loss)",
    "read on one way": "loss = made()\nif flag:\n    print(loss)",
    "read in the next turn": """
        loss = 0
        for _ in range(3):
            print(loss)
            loss = made()
        """,
    "read after a loop": "for _ in range(3):\n    loss = made()\nprint(loss)",
    "formatted": "loss = made()\ntext = f'{loss}'",
    "read by a handler": """
        try:
            loss = made()
            other()
        except ValueError:
            print(loss)
        """,
    "read in the end": "try:\n    loss = made()\n    other()\nfinally:\n    print(loss)",
    "read by a closure": "loss = made()\nkept = lambda: loss",
    "seen by locals": "loss = made()\nprint(locals())",
    "an attribute": "box.loss = made()",
    "an entry": "box['loss'] = made()",
    "a part of a tuple": "loss, rest = made(), 1",
    "given two names": "loss = again = made()",
    "an argument": "loss = other(made())",
    "an operand": "loss = made() + other()",
    "one of a list": "losses = [made() for _ in range(3)]",
    "a condition": "if made():\n    pass",
}


def call_of_made(code: CodeType) -> tuple[CodeType, int]:
    """The code, perhaps an inner one, that calls `made`, and the offset of that call."""
    instructions = list(dis.get_instructions(code))
    for n, one in enumerate(instructions):
        if one.opname.startswith("LOAD_") and one.argval == "made":
            calls = (later for later in instructions[n:] if later.opname.startswith("CALL"))
            return code, next(calls).offset
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            return call_of_made(inner)
    raise AssertionError("nothing calls made()")


def in_function(body: str) -> Fate:
    source = "def run(box, flag, made, other):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    space: dict[str, Any] = {}
    exec(source, space)
    return fate_of(*call_of_made(space["run"].__code__))


def in_module(body: str) -> Fate:
    return fate_of(*call_of_made(compile(textwrap.dedent(body), "train.py", "exec")))


@pytest.mark.parametrize("body", DROPPED.values(), ids=DROPPED.keys())
def test_what_no_way_through_the_code_reads_is_dropped(body: str) -> None:
    assert in_function(body) is Fate.DROPPED
    assert in_module(body) is Fate.DROPPED


@pytest.mark.parametrize("body", USED.values(), ids=USED.keys())
def test_what_may_be_read_is_not(body: str) -> None:
    assert in_function(body) is Fate.USED
    assert in_module(body) is Fate.USED


def test_what_is_returned_is_its_callers_affair() -> None:
    assert in_function("return made()") is Fate.RETURNED


def test_what_is_not_stored_is_popped() -> None:
    assert in_function("made()") is in_module("made()") is Fate.POPPED


def test_names_of_a_module_may_be_read_by_its_functions() -> None:
    source = "def show():\n    print(loss)\nloss = made()"
    assert in_module(source) is Fate.USED


LOST = {
    "a name": "lost = D(real).mean()  #: lost",
    "no name": "D(real).mean()  #: lost",
    "a loss module": "lost = nn.L1Loss()(D(real), torch.zeros(4, 1))  #: lost",
    "a loss function": "lost = F.mse_loss(D(real), torch.zeros(4, 1))  #: lost",
    "a helper's result": (
        "def helper():\n    return F.mse_loss(D(real), torch.zeros(4, 1))\nlost = helper()  #: lost"
    ),
    "a module of the script's": (
        "class Loss(nn.Module):\n    def forward(self, x):\n        return x.square().mean()\n"
        "lost = Loss()(D(real))  #: lost"
    ),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
def test_a_lost_scalar_is_kept_with_the_line_that_lost_it(lost: str) -> None:
    recorded = record(lost, players=True)
    (dropped,) = recorded.run.dropped
    assert dropped.location is not None
    assert dropped.location.line == recorded.marks["lost"]
    assert recorded.run.values[dropped.value].live


@pytest.mark.parametrize(
    "kept",
    [
        "loss = D(real).mean()\nprint(loss)",
        "with torch.no_grad():\n    loss = D(real).mean()",
        "scores = D(real)",
        "loss = D(real).mean().item()",
        "held = [F.mse_loss(D(real), torch.zeros(4, 1))]",
        "held = []\nheld.extend(map(lambda x: F.mse_loss(D(x), torch.zeros(4, 1)), [real]))",
        "sorted([1.0, 2.0], key=lambda x: (D(real).mean() * x))",
    ],
)
def test_nothing_else_is_kept(kept: str) -> None:
    assert not record(kept, players=True).run.dropped


def test_a_loop_leaves_a_few_of_each_place() -> None:
    recorded = record("for _ in range(50):\n    loss = D(real).mean()", players=True)
    assert 1 <= len(recorded.run.dropped) <= 4
