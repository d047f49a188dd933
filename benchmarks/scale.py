"""What a large graph costs: seconds of the processor and peak memory by recorded values."""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 500
STAGES = ("plain", "recorded", "frozen", "judged", "text", "drawn", "layout")


def main() -> None:
    sys.path[:0] = [str(ROOT)]
    options = _arguments()
    if options.child:
        print(json.dumps(_measure(options.child, options.sizes[0])))
        return
    print("seconds of the processor; two rounds, so half of the values are in each")
    print(f"{'shape':9}{'values':>10}", *(f"{stage:>9}" for stage in STAGES), f"{'peak MB':>9}")
    for shape in options.shapes:
        for size in options.sizes:
            _print(shape, size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [100_000, 300_000, 1_000_000]
    parser.add_argument("--sizes", nargs="+", type=int, default=sizes, metavar="VALUES")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--child", choices=SHAPES, help=argparse.SUPPRESS)
    return parser.parse_args()


def _print(shape: str, size: int) -> None:
    command = [sys.executable, __file__, "--child", shape, "--sizes", str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{shape:9}{size:>10} ended with status {done.returncode}")
        return
    found: dict[str, float] = json.loads(done.stdout)
    times = (f"{found[stage]:>9.2f}" for stage in STAGES)
    print(f"{shape:9}{found['values']:>10.0f}", *times, f"{found['peak']:>9.0f}", flush=True)


def _measure(shape: str, size: int) -> dict[str, float]:
    import torch

    from gradcheck_gan.checking import check
    from gradcheck_gan.picture import draw
    from gradcheck_gan.picture.dot import dot_text
    from gradcheck_gan.recording import Recorder
    from gradcheck_gan.report import render
    from gradcheck_gan.run import Outcome

    torch.set_num_threads(1)
    found: dict[str, float] = {}
    with _timed(found, "plain"):
        _train(SHAPES[shape], size // 2, None)
    recorder = Recorder("train.py", rounds=2)
    with recorder, _timed(found, "recorded"):
        _train(SHAPES[shape], size // 2, recorder)
    with _timed(found, "frozen"):
        run = recorder.run(Outcome("stopped", rounds=2, steps=4, stopped_by="rounds"))
    with _timed(found, "judged"):
        report = check(run)
    with _timed(found, "text"):
        render("text", report, ROOT)
    with _timed(found, "drawn"):
        drawing = draw(run, report)
    with _timed(found, "layout"):
        dot_text(drawing)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**found, "values": len(run.values), "nodes": len(drawing.nodes), "peak": peak}


@contextmanager
def _timed(found: dict[str, float], stage: str) -> Iterator[None]:
    gc.collect()
    start = time.process_time()
    yield
    found[stage] = time.process_time() - start


def _train(between: Callable[[Any, int], Any], size: int, recorder: Any) -> None:
    """Two rounds of a GAN with `between` standing between the players."""
    import torch
    from torch import nn

    from gradcheck_gan.stop import StopInspection

    torch.manual_seed(0)
    netG, netD = nn.Linear(4, WIDTH), nn.Linear(WIDTH, 1)
    optG = torch.optim.SGD(netG.parameters(), lr=0.01)
    optD = torch.optim.SGD(netD.parameters(), lr=0.01)
    loss = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(2, 1), torch.zeros(2, 1)
    try:
        for _ in range(2):
            fake = between(netG(torch.randn(2, 4)), size)
            optD.zero_grad()
            lossD = loss(netD(torch.randn(2, WIDTH)), ones) + loss(netD(fake.detach()), zeros)
            lossD.backward()
            optD.step()
            optG.zero_grad()
            loss(netD(fake), ones).backward()
            optG.step()
    except StopInspection:
        assert recorder is not None


def _chain(value: Any, size: int) -> Any:
    for _ in range(size):
        value = value * 1.0000001
    return value


def _lanes(value: Any, size: int) -> Any:
    """Columns that each mix with their neighbour, again and again: 500 wide and deep."""
    import torch

    lanes = list(value.unbind(1))
    for _ in range(size // WIDTH):
        beside = lanes[1:] + lanes[:1]
        lanes = [one.add(other, alpha=1e-9) for one, other in zip(lanes, beside, strict=True)]
    return torch.stack(lanes, 1)


def _cut_lanes(value: Any, size: int) -> Any:
    """The same, with every column cut off at the end."""
    import torch

    return torch.stack([lane.detach() for lane in _lanes(value, size).unbind(1)], 1)


SHAPES: dict[str, Callable[[Any, int], Any]] = {
    "chain": _chain,
    "lanes": _lanes,
    "cut-lanes": _cut_lanes,
}

if __name__ == "__main__":
    main()
