"""What was computed from what, differentiable or not, and where gradient stops."""

from __future__ import annotations

import pytest
from sketch_script import only, record

STEPS = "\nscore = D(fake).mean()\nscore.backward()\n"

CUTS = {
    "detach": "fake = G(z).detach()  #: cut",
    "detach in place": "fake = G(z)\nfake.detach_()  #: cut",
    "data": "fake = G(z).data  #: cut",
    "slice assignment": "fake = torch.zeros(8, 3)\nfake[:4] = G(z).detach()  #: cut",
    "write through a view": (
        "fake = torch.zeros(8, 3)\nhalf = fake[:4]\nhalf.copy_(G(z).detach())  #: cut"
    ),
    "write through data": "fake = torch.zeros(4, 3)\nfake.data.copy_(G(z).detach())  #: cut",
    "write through a chunk": (
        "fake = torch.zeros(8, 3)\nfirst, second = fake.chunk(2)\n"
        "second.add_(G(z).detach())  #: cut"
    ),
    "write through unbound rows": (
        "fake = torch.zeros(4, 3)\nfor row, made in zip(fake.unbind(0), G(z).detach()):  #: cut\n"
        "    row.copy_(made)"
    ),
    "out": "fake = torch.empty(4, 3)\ntorch.mul(G(z).detach(), 2, out=fake)  #: cut",
    "threshold": "fake = (G(z) > 0).float()  #: cut",
    "argmax": "fake = F.one_hot(G(z).argmax(1), 3).float()  #: cut",
    "torch.tensor": "fake = torch.tensor(G(z))  #: cut",
    "new_tensor": "fake = z.new_tensor(G(z))  #: cut",
    "Variable": "from torch.autograd import Variable\nfake = Variable(G(z))  #: cut",
    "Variable of data": "from torch.autograd import Variable\nfake = Variable(G(z).data)  #: cut",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("made", CUTS.values(), ids=CUTS.keys())
def test_a_cut_is_named_at_its_line(made: str) -> None:
    recorded = record(made + STEPS, players=True)
    assert recorded.error is None
    assert recorded.scope["G"].weight.grad is None
    assert recorded.link("G").kind == "cut"
    assert recorded.culprits("G")[0] == recorded.marks["cut"]
    assert recorded.link("D").kind == "live"


LIVE = {
    "plain": "fake = G(z)",
    "chunk": "fake, rest = G(z).chunk(2)",
    "unbind": "fake = torch.stack(G(z).unbind(0))",
    "split": "fake = G(z).split(2)[1]",
    "slice assignment": "fake = torch.zeros(8, 3)\nfake[:4] = G(z)",
    "write through a view": "fake = torch.zeros(8, 3)\nfake[:4].copy_(G(z))",
    "write through a chunk": "fake = torch.zeros(8, 3)\nfake.narrow(0, 2, 4).add_(G(z))",
    "as_tensor": "fake = torch.as_tensor(G(z))",
    "Tensor": "fake = torch.Tensor(G(z))",
    "to and contiguous": "fake = G(z).to('cpu').contiguous().float()",
    "numpy beside": "fake = G(z)\nshown = fake.detach().numpy()\nbest = fake.argmax(1)",
    "detached copy beside": "made = G(z)\nkept = made.detach()\nfake = made * 1.0",
    "straight through": "made = G(z)\nfake = made + (made.round() - made).detach()",
    "hard sample": "fake = F.gumbel_softmax(G(z), hard=True)",
    "data written": "fake = G(z)\nfake.data = fake.round()",
    "data copied": "fake = G(z)\nfake.data.copy_(fake.data.round())",
    "functional call": (
        "from torch.func import functional_call\n"
        "fake = functional_call(G, dict(G.named_parameters()), (z,))"
    ),
    "double and back": "fake = G(z).double().float()",
    "numbers of its own": "fake = G(z) * G(z).mean().item()",
}


@pytest.mark.parametrize("made", LIVE.values(), ids=LIVE.keys())
def test_an_unbroken_path_is_live(made: str) -> None:
    recorded = record(made + STEPS, players=True)
    assert recorded.error is None
    assert bool(recorded.scope["G"].weight.grad.any())
    assert recorded.link("G").kind == "live"


ZEROS = {
    "round": "fake = G(z).round()  #: zero",
    "sign": "fake = torch.sign(G(z))  #: zero",
    "floor in place": "fake = G(z) * 9\nfake.floor_()  #: zero",
    "rounding mode": "fake = torch.div(G(z), 0.1, rounding_mode='floor')  #: zero",
    "bernoulli": "fake = torch.bernoulli(G(z).sigmoid())  #: zero",
}


@pytest.mark.parametrize("made", ZEROS.values(), ids=ZEROS.keys())
def test_a_zero_derivative_is_named_at_its_line(made: str) -> None:
    recorded = record(made + STEPS, players=True)
    assert not recorded.scope["G"].weight.grad.any()
    assert recorded.link("G").kind == "zero"
    assert recorded.culprits("G") == [recorded.marks["zero"]]


def test_a_hook_of_the_users_may_revive_a_zero() -> None:
    recorded = record(
        """
        made = G(z)
        hard = made.round()
        made.register_hook(lambda gradient: torch.ones_like(gradient))
        hard.register_hook(lambda gradient: gradient)
        D(hard).mean().backward()
        """,
        players=True,
    )
    assert bool(recorded.scope["G"].weight.grad.any())
    assert recorded.link("G").kind == "live"


def test_a_player_that_is_not_in_the_loss_has_no_link() -> None:
    recorded = record("fake = G(z)\nD(real).mean().backward()", players=True)
    assert recorded.link("G").kind == "none"
    assert recorded.link("G").culprits == ()


def test_what_only_lends_its_shape_is_no_source() -> None:
    recorded = record(
        """
        fake = torch.rand_like(G(z)) + G(z).new_zeros(4, 3) + real.expand_as(G(z))
        D(fake).mean().backward()
        """,
        players=True,
    )
    assert recorded.link("G").kind == "none"


def test_content_that_is_overwritten_is_no_source() -> None:
    recorded = record(
        "fake = G(z).detach()\nfake.normal_()\nD(fake).mean().backward()", players=True
    )
    assert recorded.link("G").kind == "none"


FUNCTION = """
class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * 2
        return {forward}
    @staticmethod
    def backward(ctx, gradient):
        return {backward}
"""


def test_a_custom_function_is_one_opaque_edge() -> None:
    recorded = record(
        FUNCTION.format(forward="(y > 0).float()", backward="gradient")
        + "fake = Scaled.apply(G(z))  #: applied"
        + STEPS,
        players=True,
    )
    assert [value.kind for value in recorded.values("applied") if value.name == "Scaled"] == [
        "function"
    ]
    assert not [v for v in recorded.run.values.values() if v.name in ("mul", "__gt__", "gt")]
    assert recorded.link("G").kind == "live"


def test_a_parameter_read_inside_a_custom_function_is_an_input_of_it() -> None:
    recorded = record(
        FUNCTION.format(forward="G(x)", backward="None")
        + "fake = Scaled.apply(z)  #: applied"
        + STEPS,
        players=True,
    )
    value = only(recorded.values("applied"), "Scaled")
    names = {
        recorded.run.parameters[number].name
        for edge in value.inputs
        if (number := recorded.run.values[edge.source].parameter) is not None
    }
    assert names == {"G.weight", "G.bias"}
    assert recorded.link("G").kind == "cut"
    assert value.cut == "no_grad"


def test_a_function_that_returns_none_is_refused_by_the_pass() -> None:
    recorded = record(
        FUNCTION.format(forward="y", backward="None")
        + "fake = Scaled.apply(G(z))  #: applied"
        + STEPS,
        players=True,
    )
    assert recorded.passes[0].refused == {only(recorded.values("applied"), "Scaled").id}


def test_a_function_that_returns_zeros_is_zeroed_not_refused() -> None:
    recorded = record(
        FUNCTION.format(forward="y", backward="gradient * 0")
        + "fake = Scaled.apply(G(z))  #: applied"
        + STEPS,
        players=True,
    )
    assert recorded.passes[0].refused == frozenset()
    assert recorded.passes[0].zeroed == {only(recorded.values("applied"), "Scaled").id}


CHECKPOINT = "from torch.utils.checkpoint import checkpoint\n"


def test_a_reentrant_checkpoint_whose_input_needs_gradient_is_live() -> None:
    recorded = record(
        CHECKPOINT + "fake = checkpoint(G, z.requires_grad_(), use_reentrant=True)" + STEPS,
        players=True,
    )
    assert len(recorded.passes) == 1
    assert set(recorded.deposits(recorded.passes[0])) >= {"G.weight", "G.bias", "D.weight"}
    assert recorded.link("G").kind == "live"


@pytest.mark.filterwarnings("ignore:None of the inputs")
def test_a_reentrant_checkpoint_whose_input_needs_none_is_cut_at_the_users_line() -> None:
    recorded = record(
        CHECKPOINT + "fake = checkpoint(G, z, use_reentrant=True)  #: called" + STEPS, players=True
    )
    assert recorded.scope["G"].weight.grad is None
    culprit = recorded.link("G").culprits[0]
    assert recorded.link("G").kind == "cut"
    assert culprit.region is not None
    assert culprit.region.line == recorded.marks["called"]


def test_a_checkpoint_that_is_not_reentrant_is_live_and_recomputes_unseen() -> None:
    recorded = record(
        CHECKPOINT
        + "fake = checkpoint(G, z, use_reentrant=False)"
        + STEPS
        + "D(G(z)).mean().backward()",
        players=True,
    )
    assert recorded.link("G", 0).kind == "live"
    first, second = (set(recorded.deposits(event)) for event in recorded.passes)
    assert first == second == {"G.weight", "G.bias", "D.weight", "D.bias"}


def test_a_gradient_with_a_graph_is_live_and_one_without_is_cut_there() -> None:
    recorded = record(
        """
        mixed = real.clone().requires_grad_()
        for keep in (True, False):
            slope, = torch.autograd.grad(D(mixed.tanh()).sum(), mixed, create_graph=keep)  #: grad
            (D(real).mean() + slope.norm()).backward()
        """,
        players=True,
    )
    kept, lost = [value for value in recorded.values("grad") if value.kind == "grad"]
    assert (kept.live, kept.cut) == (True, None)
    assert (lost.live, lost.cut) == (False, "grad")
    assert [event.kind for event in recorded.passes] == ["grad", "backward"] * 2
    assert [event.create_graph for event in recorded.passes] == [True, False, False, False]


def test_a_seed_that_is_another_pass_s_result_is_told() -> None:
    recorded = record(
        """
        fake = G(z)
        shown = fake.detach().requires_grad_()
        D(shown).mean().backward()
        fake.backward(shown.grad)
        """,
        players=True,
    )
    first, second = recorded.passes
    inside = {seed for value in second.seed for seed in recorded.study.flow.below(value)}
    assert first.order in {
        edge.source for each in inside for edge in recorded.run.values[each].inputs
    }


def test_nothing_recorded_keeps_a_tensor_alive() -> None:
    recorded = record(
        """
        import gc, weakref
        fake = G(z)
        watched = weakref.ref(fake)
        score = D(fake).mean()
        score.backward()
        del fake, score
        gc.collect()
        died = watched() is None
        """,
        players=True,
    )
    assert recorded.scope["died"] is True
