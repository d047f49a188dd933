"""A loop that trains in a thread of its own is recorded while the main thread waits."""

from __future__ import annotations

import pytest
from sketch_script import record

from gradcheck_gan.checking import check
from gradcheck_gan.run import Backward, Step

TRAIN = """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    def train():
        for _ in range(2):
            optD.zero_grad()
            D(G(z).detach()).mean().backward()
            optD.step()
            optG.zero_grad()
            D(G(z)).mean().backward()
            optG.step()
"""

WAYS = {
    "joined": "thread = threading.Thread(target=train); thread.start(); thread.join()",
    "pool": "with ThreadPoolExecutor(1) as pool: pool.submit(train).result()",
    "subclass": """
    class Trainer(threading.Thread):
        def run(self):
            train()
    trainer = Trainer(); trainer.start(); trainer.join()""",
    "in turn": """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(D, real).result()
        train()""",
}


@pytest.mark.parametrize("way", WAYS)
def test_the_thread_that_trains_is_recorded(way: str) -> None:
    run = record(f"{TRAIN}\n    {WAYS[way]}", players=True).run
    assert (run.outcome.rounds, run.notes) == (2, ())
    passes = [event for event in run.events if isinstance(event, Backward)]
    assert [len(event.deposits) for event in passes] == [2, 4, 2, 4]
    assert len([event for event in run.events if isinstance(event, Step)]) == 4
    assert check(run).findings == ()


def test_a_thread_beside_a_busy_one_is_not_recorded_and_the_report_says_so() -> None:
    source = f"""{TRAIN}
    import time
    started, done = [], []

    def work():
        while not started:  # until then the main thread waits, within `start`
            time.sleep(0.001)
        done.append(train())

    threading.Thread(target=work, name="trainer").start()
    started.append(True)
    while not done:
        sum(range(1000))
    """
    run = record(source, players=True).run
    assert run.outcome.steps == 0
    (note,) = run.notes
    assert "stepped in trainer, a thread that ran beside" in note


def test_a_thread_that_loads_is_not_recorded_while_the_main_thread_waits_for_it() -> None:
    source = """
    import queue, threading
    loaded = queue.Queue(1)
    scale = nn.Sequential(nn.BatchNorm1d(3, affine=False))

    def load():
        for _ in range(4):
            loaded.put(scale(torch.randn(4, 3)))

    threading.Thread(target=load).start()
    for _ in range(4):
        real = loaded.get()
        optD.zero_grad()
        (D(real) * 2 + D(G(z).detach())).mean().backward()
        optD.step()
        optG.zero_grad()
        D(G(z)).mean().backward()
        optG.step()
    """
    run = record(source, players=True).run
    assert (run.outcome.rounds, run.notes, check(run).findings) == (4, (), ())
