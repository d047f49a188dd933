"""No program can tell, by anything that it can see, whether it is being recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import programs, read_fixture, read_options, relative
from observer_server import UNCOMPILED, compared, differences, plain, recorded

OBSERVED = Path(__file__).parent / "probes" / "observed"
ELSEWHERE = ("_", "memory_", "chain_", "warns_")
SHIPPED = [path for path in programs() if read_fixture(path).ranks == 1]
TO_THE_END = 1000

OWN = sorted(path for path in OBSERVED.glob("*.py") if not path.name.startswith(ELSEWHERE))

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_program(source: str) -> Path:
        path = tmp_path / "program.py"
        path.write_text(source)
        return path

    return write_program


def rounds_of(program: Path) -> int:
    """As many as the program's fixture is inspected for."""
    main = program / "__main__.py" if program.is_dir() else program
    options = read_options(main)
    return int(options[options.index("--rounds") + 1]) if "--rounds" in options else 2


@pytest.mark.parametrize("program", SHIPPED, ids=relative)
def test_a_fixture_runs_as_it_runs_plainly(program: Path) -> None:
    assert compared(program, rounds_of(program)) == []


@pytest.mark.parametrize("program", OWN, ids=lambda path: path.stem)
def test_a_program_that_looks_for_us_runs_as_it_runs_plainly(program: Path) -> None:
    assert compared(program, TO_THE_END) == []


def test_only_a_program_that_compiles_is_said_to_run_uncompiled() -> None:
    (note,) = recorded(OBSERVED / "compiled.py", TO_THE_END).notes
    assert note.startswith(UNCOMPILED)
    assert recorded(OBSERVED / "layers.py", TO_THE_END).notes == []


@pytest.mark.parametrize("name", ["swallows", "own_hooks", "copies", "raises"])
def test_a_program_that_is_stopped_leaves_torch_clean(name: str) -> None:
    program = OBSERVED / f"{name}.py"
    observed = recorded(program, 1)
    assert observed.steps == 2
    assert differences(plain(program, 2), observed) == []


BASE = "import torch\nw = torch.ones(1, requires_grad=True)\nm = torch.nn.Linear(1, 1)\n"


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("print(1)", "stdout"),
        ("import warnings; warnings.warn('x')", "stderr"),
        ("torch.rand(1)", "random"),
        ("import random; random.random()", "random"),
        ("import numpy; numpy.random.rand()", "random"),
        ("w.data += 1e-6", "state of w"),
        ("w.requires_grad_(False)", "state of w"),
        ("w.mine = 1", "state of w"),
        ("w.register_hook(lambda g: None)", "state of w"),
        ("w.register_post_accumulate_grad_hook(lambda p: None)", "state of w"),
        ("w.detach().add_(0)", "state of w"),
        ("w.grad = torch.zeros(1)", "state of w.grad"),
        ("m.weight.mine = 1", "state of m._parameters['weight']"),
        ("m.mine = 1", "state of m"),
        ("m.register_forward_hook(print)", "state of m._forward_hooks[1]"),
        ("m.register_forward_hook(lambda *a: None)", "copies of m pickled"),
        ("m.eval()", "state of m.training"),
        ("torch.set_grad_enabled(False)", "switches"),
        ("torch.mine = 1", "left behind: torch.mine"),
        ("torch.nn.Module.__call__ = print", "left behind: Module.__call__"),
        ("import warnings; warnings.warn = print", "left behind: warnings.warn"),
        ("raise KeyError('mine')", "exception"),
        ("raise SystemExit(3)", "exit_status"),
    ],
)
def test_the_comparison_sees(write: Write, change: str, seen: str) -> None:
    base = plain(write(BASE))
    changed = plain(write(f"{BASE}{change}\n"))
    assert differences(base, base) == []
    assert [line for line in differences(base, changed) if line.startswith(seen)]


def test_the_comparison_sees_variables_of_functions(write: Write) -> None:
    source = BASE + (
        "def train(value):\n"
        "    kept = torch.full((1,), value)\n"
        "    optimizer = torch.optim.SGD([w], lr=kept.item())\n"
        "    while True: optimizer.step()\n"
    )
    one = plain(write(f"{source}train(1.0)\n"), steps=2)
    other = plain(write(f"{source}train(2.0)\n"), steps=2)
    assert one.how == other.how == "stopped"
    assert any(line.startswith("state of train.kept") for line in differences(one, other))
