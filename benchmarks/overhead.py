"""What inspecting costs: time of a training step, peak memory, start-up of light commands."""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
NETS = ("dcgan", "mlp", "cyclegan")
KINDS = ("plain", "inspected", "first", "anomaly")
MEMORY_RUNS = 3
MEMORY_STEPS = 6
Step = Callable[[], None]
COMMANDS = {
    "--help": ["-m", "gradcheck_gan", "--help"],
    "rules": ["-m", "gradcheck_gan", "rules"],
    "explain": ["-m", "gradcheck_gan", "explain", "GG201"],
}


def main() -> None:
    sys.path[:0] = [str(ROOT)]
    options = _arguments()
    if options.child:
        _child(*options.child, threads=options.threads)
        return
    print(f"{options.pairs} pairs, {options.threads} thread(s), seconds of the processor")
    print("\nstart-up: median (quartiles), as a multiple of a bare interpreter")
    _print_startup(options.pairs)
    # Before torch is here: a child's peak counts that of the process that started it.
    print("\npeak memory of the process, as a multiple of the plain one")
    for name in options.nets:
        _print_memory(name, options.threads)
    print("\nstep: median (quartiles), as a multiple of the plain step")
    for name in options.nets:
        _print_step(name, options.pairs, options.threads)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40, help="measurements of each kind (40)")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (1)")
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS), metavar="NET")
    parser.add_argument("--child", nargs=2, metavar=("NET", "KIND"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _print_step(name: str, pairs: int, threads: int) -> None:
    step = build(name, threads)
    for _ in range(3):
        step()
    gc.collect()
    gc.freeze()
    taken = _measure(step, pairs)
    gc.unfreeze()
    print(f"  {name:10} plain {statistics.median(taken['plain']) * 1e3:7.1f} ms", end="")
    for kind in KINDS[1:]:
        print(f"   {kind} {_spread(_ratios(taken[kind], taken['plain']))}", end="")
    print(flush=True)


def build(name: str, threads: int) -> Step:
    import torch

    from benchmarks import nets

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    build: Callable[[], Step] = getattr(nets, name)
    return build()


def _measure(step: Step, pairs: int) -> dict[str, list[float]]:
    """Seconds of each kind of step; the order turns, so that none always follows the same one."""
    import torch

    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    turns: list[Callable[[], None]] = [
        lambda: taken["plain"].append(_timed(step, nullcontext())),
        lambda: _inspected(step, taken),
        lambda: taken["anomaly"].append(_timed(step, torch.autograd.set_detect_anomaly(True))),
    ]
    for pair in range(pairs):
        shift = pair % len(turns)
        for turn in turns[shift:] + turns[:shift]:
            turn()
    return taken


def _inspected(step: Step, taken: dict[str, list[float]]) -> None:
    """The first step under a recorder also looks around for names, so it counts apart."""
    with _recorder():
        taken["first"].append(_timed(step, nullcontext()))
        taken["inspected"].append(_timed(step, nullcontext()))


def _recorder() -> AbstractContextManager[object]:
    from gradcheck_gan.recording import Recorder

    return Recorder(rounds=10**6, max_steps=10**9)


def _timed(step: Step, context: AbstractContextManager[object]) -> float:
    gc.collect()
    with context:
        start = time.process_time()
        step()
        return time.process_time() - start


def _ratios(taken: Sequence[float], plain: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(taken, plain, strict=True)]


def _spread(ratios: Sequence[float]) -> str:
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f}x ({low:.2f}-{high:.2f})"


def _print_memory(name: str, threads: int) -> None:
    peaks: dict[str, list[float]] = {"plain": [], "inspected": []}
    before: list[float] = []
    for _ in range(MEMORY_RUNS):
        for kind, measured in peaks.items():
            argv = [__file__, "--threads", str(threads), "--child", name, kind]
            idle, peak = map(float, _run(argv).split())
            before.append(idle)
            measured.append(peak)
    plain, inspected = (statistics.median(measured) for measured in peaks.values())
    steps, more = plain - statistics.median(before), inspected - plain
    print(
        f"  {name:10} plain {plain:7.1f} MB, {steps:.1f} MB of it by the steps   "
        f"inspected {inspected / plain:.2f}x, {more:+.1f} MB",
        flush=True,
    )


def _child(name: str, kind: str, *, threads: int) -> None:
    step = build(name, threads)
    before = _peak()
    with _recorder() if kind == "inspected" else nullcontext():
        for _ in range(MEMORY_STEPS):
            step()
    print(before, _peak())


def _peak() -> float:
    """Most memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print_startup(pairs: int) -> None:
    bare: list[float] = []
    commands: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with TemporaryDirectory() as compiled:  # an installed package has been compiled, too
        for argv in (["-c", "pass"], *COMMANDS.values()):
            _run(argv, compiled=compiled)
        for _ in range(pairs):
            bare.append(_child_time(["-c", "pass"], compiled))
            for name, argv in COMMANDS.items():
                commands[name].append(_child_time(argv, compiled))
    print(f"  bare {statistics.median(bare) * 1e3:.1f} ms", end="")
    for name, taken in commands.items():
        print(f"   {name} {_spread(_ratios(taken, bare))}", end="")
    print(flush=True)


def _child_time(argv: Sequence[str], compiled: str) -> float:
    before = _children()
    _run(argv, compiled=compiled)
    return _children() - before


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run(argv: Sequence[str], *, compiled: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if compiled:
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = compiled
    argv = [sys.executable, *argv]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
