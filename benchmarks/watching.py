"""What `watch` costs: a step between two recordings, and a whole run with its recordings."""

from __future__ import annotations

import argparse
import gc
import statistics
import time

from benchmarks.overhead import NETS, Step, build
from gradcheck_gan import watch


def main() -> None:
    options = _arguments()
    for name in options.nets:
        step = build(name, options.threads)
        for _ in range(3):
            step()
        gc.collect()
        gc.freeze()
        plain, light = _pairs(step, options.pairs, options.steps)
        ratios = [after / before for before, after in zip(plain, light, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        usual = statistics.median(plain)
        print(
            f"{name:10} plain {usual * 1e3:7.1f} ms   between recordings {middle:.3f}x "
            f"({low:.3f}-{high:.3f}), {options.pairs} pairs",
            flush=True,
        )
        whole = _whole(step, options.rounds, options.every)
        print(
            f"{'':10} {options.rounds} rounds, {options.every} between recordings: "
            f"{whole / usual / options.rounds:.3f}x",
            flush=True,
        )
        gc.unfreeze()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="measurements of each kind (200)")
    parser.add_argument("--steps", type=int, default=4, help="in each measurement (4)")
    parser.add_argument("--rounds", type=int, default=400, help="of the whole run (400)")
    parser.add_argument("--every", type=int, default=200, help="rounds between recordings (200)")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (1)")
    parser.add_argument("--nets", nargs="+", choices=NETS, default=["dcgan"], metavar="NET")
    return parser.parse_args()


def _pairs(step: Step, count: int, steps: int) -> tuple[list[float], list[float]]:
    """Seconds of the processor; every second pair begins with the watched steps."""
    plain: list[float] = []
    light: list[float] = []
    for pair in range(count):
        if pair % 2:
            light.append(_watched(step, steps))
            plain.append(_timed(step, steps))
        else:
            plain.append(_timed(step, steps))
            light.append(_watched(step, steps))
    return plain, light


def _watched(step: Step, steps: int) -> float:
    """What is done between two recordings, and no recording."""
    from gradcheck_gan.recording.boundaries import Boundaries

    between = Boundaries(lambda frame: None)
    between.install()
    try:
        return _timed(step, steps)
    finally:
        between.close()


def _timed(step: Step, steps: int) -> float:
    gc.collect()
    start = time.process_time()
    for _ in range(steps):
        step()
    return (time.process_time() - start) / steps


def _whole(step: Step, rounds: int, every: int) -> float:
    start = time.process_time()
    with watch(every=every):
        for _ in range(rounds):
            step()
    return time.process_time() - start


if __name__ == "__main__":
    main()
