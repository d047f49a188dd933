"""Optimizers: what counts as a step, when recording ends, and what an optimizer is called."""

from __future__ import annotations

from sketch_script import Recorded, record

WRAPPER = """
class Wrapper(torch.optim.Optimizer):
    def __init__(self, inner):
        self.inner = inner
        super().__init__(inner.param_groups, {})
    def step(self, closure=None):
        self.inner.step()
"""


def names(recorded: Recorded) -> list[str]:
    return [recorded.run.optimizers[step.optimizer].name for step in recorded.steps]


def test_a_step_inside_a_step_is_one_step_at_the_outermost_site() -> None:
    recorded = record(
        WRAPPER
        + """
outer = Wrapper(optD)
for _ in range(2):
    outer.zero_grad()
    D(real).mean().backward()
    outer.step()  #: step
""",
        players=True,
    )
    assert names(recorded) == ["outer", "outer"]
    assert {s.location.line for s in recorded.steps if s.location} == {recorded.marks["step"]}
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 2


def test_a_wrapper_that_is_no_optimizer_is_a_step_of_the_inner_one() -> None:
    recorded = record(
        """
        class Wrapper:
            def __init__(self, inner):
                self.inner = inner
            def step(self):
                self.inner.step()  #: step
        outer = Wrapper(optD)
        D(real).mean().backward()
        outer.step()
        """,
        players=True,
    )
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}]
    assert recorded.steps[0].location is not None
    assert recorded.steps[0].location.line == recorded.marks["step"]


def test_a_closure_s_pass_belongs_to_its_step() -> None:
    recorded = record(
        """
        def closure():
            optD.zero_grad()
            loss = D(real).mean()
            loss.backward()
            return loss
        D(G(z)).mean().backward()
        for _ in range(2):
            optD.step(closure)
        """,
        players=True,
    )
    assert [step.closure for step in recorded.steps] == [True, True]
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 2
    ledger = recorded.study.ledger
    used = [next(iter(each.passes.values())) for each in ledger.consumptions]
    assert used == [(recorded.passes[1].order,), (recorded.passes[2].order,)]


def test_a_step_inside_one_with_a_closure_uses_what_is_cleared_afterwards() -> None:
    recorded = record(
        """
        class Climbing(torch.optim.Optimizer):
            def __init__(self, inner):
                self.inner = inner
                super().__init__(inner.param_groups, {})
            def step(self, closure):
                closure()
                self.zero_grad()
                closure()
                self.inner.step()
                self.zero_grad()
        def closure():
            D(real).mean().backward()
        outer = Climbing(optD)
        for _ in range(2):
            outer.step(closure)
        """,
        players=True,
    )
    assert [set(step.gradients.values()) for step in recorded.steps] == [{"nonzero"}] * 2
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 2


def test_what_is_cleared_before_a_step_with_a_closure_is_not_used_again() -> None:
    recorded = record(
        """
        def closure():
            D(real).mean().backward()
        for _ in range(3):
            optD.zero_grad()
            optD.step(closure)
        """,
        players=True,
    )
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 3


def test_a_closure_by_keyword_and_one_called_many_times() -> None:
    recorded = record(
        """
        opt = torch.optim.LBFGS(D.parameters(), max_iter=3)
        def closure():
            opt.zero_grad()
            loss = (D(real) ** 2).mean()
            loss.backward()
            return loss
        opt.step(closure=closure)
        """,
        players=True,
    )
    assert [step.closure for step in recorded.steps] == [True]
    assert len(recorded.passes) > 1
    (found,) = recorded.study.ledger.consumptions
    assert set(found.passes.values()) == {(recorded.passes[-1].order,)}


def test_a_step_that_raises_is_none_and_the_next_one_counts() -> None:
    recorded = record(
        """
        broken = torch.optim.SparseAdam(list(G.parameters()))
        for _ in range(2):
            optG.zero_grad(); optD.zero_grad()
            D(G(z)).mean().backward()
            try:
                broken.step()
            except RuntimeError:
                pass
            optD.step()
        D(G(z)).mean().backward()
        """,
        players=True,
    )
    assert recorded.error is None
    assert names(recorded) == ["optD", "optD"]
    assert recorded.link("G").kind == "live"


def test_a_closure_that_raises_leaves_the_recording_as_it_was() -> None:
    recorded = record(
        """
        def closure():
            raise ValueError
        for _ in range(2):
            try:
                optD.step(closure)
            except ValueError:
                pass
        fake = G(z).detach()  #: cut
        D(fake).mean().backward()
        optG.step()
        """,
        players=True,
    )
    assert names(recorded) == ["optG"]
    assert recorded.culprits("G") == [recorded.marks["cut"]]


SCALED = """
scaler = torch.amp.GradScaler("cpu", init_scale={scale}, growth_interval=1)
for _ in range(3):
    optD.zero_grad()
    scaler.scale(D(real).mean()).backward()
    scaler.step(optD)  #: step
    scaler.update()
"""


def test_a_step_that_the_scaler_skips_is_an_event_that_consumes() -> None:
    recorded = record(
        SCALED.format(scale="float('inf')").replace("update()", "update(2.0)"), players=True
    )
    assert [step.skipped for step in recorded.steps] == [True, False, False]
    assert {s.location.line for s in recorded.steps if s.location} == {recorded.marks["step"]}
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1}] * 3
    assert set(recorded.steps[0].gradients.values()) == {"nonfinite"}


def test_a_skipped_step_advances_no_round() -> None:
    skipping = record(
        SCALED.format(scale="float('inf')").replace("update()", "update(float('inf'))"),
        players=True,
    )
    assert [step.skipped for step in skipping.steps] == [True] * 3
    assert skipping.run.outcome.rounds == 0
    assert {step.round for step in skipping.steps} == {1}


def test_a_scaler_that_steps_gives_one_event_a_step() -> None:
    recorded = record(SCALED.format(scale="2.0"), players=True)
    assert [step.skipped for step in recorded.steps] == [False] * 3


def test_parameters_added_to_an_optimizer_later_are_its_own() -> None:
    recorded = record(
        """
        optD.add_param_group({"params": list(G.parameters())})
        D(G(z)).mean().backward()
        optD.step()
        """,
        players=True,
    )
    assert recorded.consumed() == [{"D.weight": 1, "D.bias": 1, "G.weight": 1, "G.bias": 1}]


def test_parameters_given_twice_are_counted() -> None:
    recorded = record(
        """
        import warnings
        warnings.simplefilter("ignore")
        twice = torch.optim.SGD([*D.parameters(), D.weight], lr=0.1)
        D(real).mean().backward()
        twice.step()
        optD.step()
        """,
        players=True,
    )
    held = {optimizer.name: optimizer for optimizer in recorded.run.optimizers.values()}
    duplicates = held["twice"].duplicates
    assert [recorded.run.parameters[p].name for p in duplicates] == ["D.weight"]
    assert held["optD"].duplicates == frozenset()


def test_an_optimizer_that_steps_inside_another_only_is_no_one_s_own() -> None:
    recorded = record(
        """
class Shard(torch.optim.Optimizer):
    def __init__(self, parameters):
        super().__init__(parameters, {})
        self.own = torch.optim.SGD(self.param_groups[0]["params"][:1], lr=0.1)
    def step(self, closure=None):
        self.own.step()
alone = torch.optim.SGD(D.parameters(), lr=0.1)
optG, optD = Shard(G.parameters()), Shard(D.parameters())
for _ in range(3):
    (D(real) - D(G(z))).mean().backward()
    optG.step()
    optD.step()
    alone.step()
""",
        players=True,
    )
    assert recorded.run.outcome.rounds == 3
    held = {one.name: len(one.parameters) for one in recorded.run.optimizers.values()}
    assert held == {"optG": 2, "optD": 2, "alone": 2}


def test_an_optimizer_that_a_closure_steps_stays_one() -> None:
    recorded = record(
        """
both = torch.optim.SGD([*G.parameters(), *D.parameters()], lr=0.1)
def closure():
    both.zero_grad()
    loss = (D(real) - D(G(z))).mean()
    loss.backward()
    optD.step()
    return loss
for _ in range(3):
    both.step(closure)
""",
        players=True,
    )
    assert {one.name for one in recorded.run.optimizers.values()} == {"both", "optG", "optD"}
