"""Parameters that the script writes or freezes by itself."""

from __future__ import annotations

import pytest
from sketch_script import record

from gradcheck_gan.run import Freeze, Write

WRITES = {
    "data clamp": "for p in D.parameters():\n    p.data.clamp_(-0.01, 0.01)  #: write",
    "under no_grad": (
        "with torch.no_grad():\n    for p in D.parameters():\n        p.clamp_(-1, 1)  #: write"
    ),
    "copied": (
        "for p, q in zip(D.parameters(), twin.parameters()):\n    p.data.copy_(q.data)  #: write"
    ),
    "assigned": "for p in D.parameters():\n    p.data = p.data * 0.9  #: write",
    "slice": (
        "with torch.no_grad():\n    D.weight[0] = 0.0  #: write\n    D.bias[0] = 0.0  #: write"
    ),
    "detached": "for p in D.parameters():\n    p.detach().mul_(0.9)  #: write",
}


@pytest.mark.parametrize("written", WRITES.values(), ids=WRITES.keys())
def test_a_write_into_parameters_outside_an_optimizer_is_an_event(written: str) -> None:
    recorded = record(
        "twin = nn.Linear(3, 1)\nD(real).mean().backward()\noptD.step()\n" + written, players=True
    )
    writes = [event for event in recorded.run.events if isinstance(event, Write)]
    names = {recorded.run.parameters[event.parameter].name for event in writes}
    assert names == {"D.weight", "D.bias"}
    lines = {event.location.line for event in writes if event.location is not None}
    assert lines <= {recorded.marks["write"] - 1, recorded.marks["write"]}


@pytest.mark.parametrize(
    "kind", ["SGD(D.parameters(), lr=0.1, fused=True)", "Adam(D.parameters())"]
)
def test_what_an_optimizer_writes_is_no_event(kind: str) -> None:
    recorded = record(
        f"own = torch.optim.{kind}\n"
        "for _ in range(2):\n    D(real).mean().backward()\n    own.step()",
        players=True,
    )
    assert not [event for event in recorded.run.events if isinstance(event, Write)]


FREEZES = {
    "module": "D.requires_grad_(False)  #: set",
    "method": "for p in D.parameters():\n    p.requires_grad_(False)  #: set",
    "attribute": "for p in D.parameters():\n    p.requires_grad = False  #: set",
}


@pytest.mark.parametrize("frozen", FREEZES.values(), ids=FREEZES.keys())
def test_freezing_is_an_event_at_the_user_s_line(frozen: str) -> None:
    recorded = record(frozen + "\nD(G(z)).mean().backward()", players=True)
    events = [event for event in recorded.run.events if isinstance(event, Freeze)]
    assert {(e.requires_grad, e.location.line) for e in events if e.location is not None} == {
        (False, recorded.marks["set"])
    }
    assert recorded.link("D").kind == "frozen"
    assert recorded.link("G").kind == "live"
