"""What autograd keeps for a derivative, who shares whose memory, and who wrote there."""

from __future__ import annotations

import pytest
import torch
from sketch_script import Recorded, record

from gradcheck_gan.run import Value, Write

# `x` comes from G and carries gradient, `w`, `v` and `m` are leaves of fitting shapes.
LEAVES = """
w = nn.Parameter(torch.randn(3, 3))
v = nn.Parameter(torch.rand(3) + 0.5)
m = torch.rand(4, 3)
"""
OPERATIONS = {
    "linear": "F.linear(x, w, v)",
    "linear of a constant": "F.linear(m, w, v)",
    "product": "x * v",
    "product with a constant": "x * m",
    "product of constants": "m * v",
    "quotient": "x / v",
    "sum": "x + v",
    "matrix product": "x @ w",
    "with a view": "x @ w.t()",
    "with a view of a view": "x @ w.t()[:, :2]",
    "power": "x + v.pow(2)",
    "layer norm": "F.layer_norm(x, (3,), v, v)",
    "batch norm": "F.batch_norm(x, None, None, v, None, training=True)",
    "relu": "F.relu(x) + v",
    "embedding": "x + F.embedding(torch.tensor([0, 1, 2, 0]), w)",
    "bilinear": "F.bilinear(x, m, torch.stack([w, w]))",
    "einsum": "torch.einsum('bi,ij->bj', x, w)",
    "where": "torch.where(m > 0.5, x, v)",
    "lerp": "torch.lerp(x, m, v)",
    "under autocast": "torch.autocast('cpu')(F.linear)(x, w)",
    "convolution": "F.conv1d(x[:, None], w[:, None, :2])",
    "cat": "torch.cat((x, w))",
}
LEAF_NAMES = ("w", "v", "m")


def kept(recorded: Recorded, name: str) -> bool:
    """Whether an operation of the last pass is said to need the content of a leaf."""
    values = recorded.run.values
    known = {value.id: value for value in values.values()}
    tensor = recorded.scope[name]
    for value in values.values():
        for memory in value.keeps:
            place = known[memory]
            if place.kind == "parameter" and tensor.requires_grad:
                if recorded.run.parameters[place.parameter or 0].name == name:
                    return True
            elif place.name == "rand" and not tensor.requires_grad:
                return True
    return False


def is_needed(expression: str, name: str) -> bool:
    """Plain torch: does the pass fail once that leaf was written in place?"""
    scope: dict[str, object] = {}
    source = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n" + LEAVES
    source += f"x = nn.Linear(2, 3)(torch.randn(4, 2))\ny = {expression}\n"
    source += f"with torch.no_grad():\n    {name}.add_(0)\ny.float().sum().backward()\n"
    try:
        with torch.random.fork_rng():
            exec(source, scope)
    except RuntimeError as error:
        return "modified by an inplace operation" in str(error)
    return False


@pytest.mark.parametrize("expression", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_what_was_learned_of_an_operation_is_what_torch_needs_unchanged(expression: str) -> None:
    script = LEAVES + f"x = G(z)\n{expression}\ny = {expression}\ny.float().sum().backward()"
    recorded = record(script, players=True)
    found = {name: kept(recorded, name) for name in LEAF_NAMES}
    assert found == {name: is_needed(expression, name) for name in LEAF_NAMES}


def by_id(value: Value) -> int:
    return value.id


KEPT_BY_HOOKS = {
    "hooks": "with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):\n"
    "    y = D(G(z))",
    "checkpoint": "from torch.utils.checkpoint import checkpoint\n"
    "y = checkpoint(D, G(z), use_reentrant=False)",
}


@pytest.mark.parametrize("script", KEPT_BY_HOOKS.values(), ids=KEPT_BY_HOOKS.keys())
def test_what_goes_through_hooks_is_not_taken_for_kept(script: str) -> None:
    recorded = record(script + "\ny.mean().backward()\nD(real).mean().backward()", players=True)
    readers = [
        value
        for value in recorded.run.values.values()
        for edge in value.inputs
        if recorded.run.values[edge.source].parameter == recorded.parameter("D.weight").id
    ]
    first, later = min(readers, key=by_id), max(readers, key=by_id)
    assert (first.keeps, len(later.keeps)) == ((), 1)


def memory_of(recorded: Recorded, mark: str) -> int:
    value: Value = recorded.values(mark)[-1]
    return value.lives_in


SHARING = {
    "detach": ("y.detach()", True),
    "data": ("y.data", True),
    "view": ("y.view(-1)", True),
    "slice": ("y[1:]", True),
    "reshape": ("y.reshape(-1)", True),
    "reshape of a transposed": ("y.t().reshape(-1)", False),
    "index": ("y[[0, 1]]", False),
    "clone": ("y.clone()", False),
    "contiguous": ("y.contiguous()", True),
    "variable": ("torch.autograd.Variable(y)", True),
    "in place": ("y.mul_(2)", True),
    "sum": ("y + 1", False),
    "cast to the same": ("y.float()", True),
    "cast": ("y.double()", False),
}


@pytest.mark.parametrize(("expression", "shared"), SHARING.values(), ids=SHARING.keys())
def test_views_live_in_the_memory_of_what_they_show(expression: str, shared: bool) -> None:
    recorded = record(
        f"y = G(z)  #: base\nother = {expression}  #: view\n"
        "scaled = other.sum() * 1\n(G(z).sum() + scaled).backward()",
        players=True,
    )
    one, other = recorded.scope["y"], recorded.scope["other"]
    same = one.untyped_storage()._cdata == other.untyped_storage()._cdata
    assert same is shared
    if other is not one or expression == "y.mul_(2)":
        assert (memory_of(recorded, "view") == memory_of(recorded, "base")) is shared


STEPS = {
    "SGD": ("torch.optim.SGD(D.parameters(), lr=0.1, foreach=False)", "counted"),
    "foreach": ("torch.optim.Adam(D.parameters(), foreach=True)", "counted"),
    "LBFGS": ("torch.optim.LBFGS(D.parameters())", "counted"),
    "fused Adam": ("torch.optim.Adam(D.parameters(), fused=True)", "hidden"),
    "fused SGD": ("torch.optim.SGD(D.parameters(), lr=0.1, fused=True)", "hidden"),
    "fused without a rate": ("torch.optim.Adam(D.parameters(), lr=0.0, fused=True)", "nothing"),
    "through data": ("Old(D.parameters(), {})", "hidden"),
}
OLD = """
class Old(torch.optim.Optimizer):
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.data.sub_(0.1 * p.grad.data)
"""


@pytest.mark.parametrize(("optimizer", "expected"), STEPS.values(), ids=STEPS.keys())
def test_a_step_tells_what_it_changed_and_what_torch_did_not_count(
    optimizer: str, expected: str
) -> None:
    recorded = record(
        OLD + f"own = {optimizer}\ndef close():\n    own.zero_grad()\n"
        "    loss = F.softplus(-D(real)).mean()\n    loss.backward()\n    return loss\n"
        "for _ in range(2):\n"
        "    close()\n    own.step(*[close] * isinstance(own, torch.optim.LBFGS))",
        players=True,
    )
    mine = {recorded.parameter("D.weight").id, recorded.parameter("D.bias").id}
    last = recorded.steps[-1]
    assert last.changed == (set() if expected == "nothing" else mine)
    assert last.hidden == (mine if expected == "hidden" else set())


def test_a_parameter_without_a_gradient_is_not_changed() -> None:
    recorded = record(
        "D.bias.requires_grad_(False)\nD(real).mean().backward()\noptD.step()", players=True
    )
    assert recorded.steps[0].changed == {recorded.parameter("D.weight").id}


WRITES = {
    "data": ("D.weight.data.mul_(0.5)", True, True),
    "data, nothing new": ("D.weight.data.clamp_(-9, 9)", True, False),
    "no_grad": ("torch.no_grad()(D.weight.mul_)(0.5)", False, True),
    "detached": ("D.weight.detach().mul_(0.5)", False, True),
}


@pytest.mark.parametrize(("write", "hidden", "moved"), WRITES.values(), ids=WRITES.keys())
def test_a_write_tells_whether_torch_counted_it_and_what_it_changed(
    write: str, hidden: bool, moved: bool
) -> None:
    recorded = record(f"D(real).mean().backward()\noptD.step()\n{write}", players=True)
    (event,) = [event for event in recorded.run.events if isinstance(event, Write)]
    assert event.hidden is hidden
    assert (event.before != event.after) is moved


def test_writes_in_place_are_kept_only_for_a_run_with_a_failed_pass() -> None:
    script = "y = G(z).sigmoid()\ny.mul_(2)\n"
    failed = record(script + "y.sum().backward()", players=True)
    assert isinstance(failed.error, RuntimeError)
    assert [write.name for write in failed.run.overwrites] == ["mul_"]
    assert record(script + "D(G(z)).sum().backward()", players=True).run.overwrites == ()


def test_a_pass_tells_whether_it_left_its_graph() -> None:
    recorded = record(
        "y = D(G(z)).sum()\ny.backward(retain_graph=True)\n"
        "torch.autograd.grad(y, G.weight, create_graph=True)\ny.backward()",
        players=True,
    )
    assert [event.retained for event in recorded.passes] == [True, True, False]
