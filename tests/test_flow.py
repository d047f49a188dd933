"""Paths from parameters to a loss: live, zero, cut, frozen, guessed or none, and the culprits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sketch import Pair, Story
from sketch_script import record

from gradcheck_gan.analysis.flow import Flow, Link
from gradcheck_gan.run import CutKind


def link(story: Story, root: int, module: int) -> Link:
    event = story.passing("loss", roots=[root])
    return Flow(story.run()).link((root,), event, story.modules[module].parameters)


def culprits(story: Story, root: int, module: int) -> list[int]:
    return [value.id for value in link(story, root, module).culprits]


def test_live_through_every_parameter() -> None:
    story = Pair()
    score = story.call(story.D, 2, story.call(story.G, 1, story.source("z", 1)))
    event = story.passing("loss", roots=[score])
    reached = Flow(story.run()).reached(score, event)
    assert reached.live == story.held(story.G, story.D)
    assert not reached.zero | reached.cut | reached.frozen | reached.guessed


def test_a_cut_hides_what_lies_below_and_is_the_culprit() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    cut = story.op("detach", 2, fake, cut="detach")
    score = story.call(story.D, 3, cut)
    assert link(story, score, story.G).kind == "cut"
    assert culprits(story, score, story.G) == [cut]
    assert link(story, score, story.D) == Link("live")
    event = story.passing("loss", roots=[score])
    reached = Flow(story.run()).reached(score, event)
    assert (reached.cut, reached.live) == (story.held(story.G), story.held(story.D))


def test_the_culprit_is_the_cut_nearest_the_player() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    first = story.op("argmax", 2, fake, cut="operation")
    second = story.op("detach", 3, first, cut="detach")
    assert culprits(story, story.call(story.D, 4, second), story.G) == [first]


def test_each_path_has_its_culprit() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    one = story.op("detach", 2, fake, cut="detach")
    other = story.op("gt", 3, fake, cut="operation")
    assert culprits(story, story.op("add", 4, one, other), story.G) == [other, one]


def test_a_cut_that_every_path_meets_is_the_culprit_alone() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    norm = story.op("mv", 2, fake, cut="no_grad")
    scaled = story.op("div", 3, fake, norm)
    hard = story.op("gt", 4, scaled, cut="operation")
    assert culprits(story, story.op("mean", 5, hard), story.G) == [hard]


def test_one_live_path_is_enough() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    cut = story.op("detach", 2, fake, cut="detach")
    root = story.op("add", 3, story.call(story.D, 2, cut), fake)
    assert link(story, root, story.G) == Link("live")


def test_a_zero_is_better_than_a_cut_and_worse_than_a_live_path() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    zero = story.op("round", 2, fake, zero=True)
    cut = story.op("detach", 3, fake, cut="detach")
    both = story.op("add", 4, zero, cut)
    assert link(story, both, story.G).kind == "zero"
    assert culprits(story, both, story.G) == [zero]
    assert link(story, story.op("add", 5, both, fake), story.G) == Link("live")
    event = story.passing("loss", roots=[both])
    reached = Flow(story.run()).reached(both, event)
    assert (reached.zero, reached.cut) == (story.held(story.G), frozenset())


def test_the_zero_nearest_the_player_is_the_culprit_though_more_follow() -> None:
    story = Pair()
    first = story.op("round", 2, story.call(story.G, 1, story.source("z", 1)), zero=True)
    root = story.op("sign", 3, first, zero=True)
    assert culprits(story, root, story.G) == [first]


def test_a_zero_behind_a_cut_is_not_blamed() -> None:
    story = Pair()
    cut = story.op("detach", 2, story.call(story.G, 1, story.source("z", 1)), cut="detach")
    root = story.op("round", 3, story.call(story.D, 2, cut), zero=True)
    assert culprits(story, root, story.G) == [cut]


def test_a_parameter_read_without_gradient_is_frozen() -> None:
    story = Pair()
    parameter = min(story.held(story.G))
    root = story.value("linear", parameter, frozen=True)
    assert link(story, root, story.G) == Link("frozen")


def test_one_parameter_that_still_learns_beats_a_frozen_one() -> None:
    story = Pair()
    frozen, learns, _ = sorted(story.held(story.G))
    root = story.op("mul", 1, story.value("linear", frozen, frozen=True), learns)
    assert link(story, root, story.G) == Link("live")
    event = story.passing("loss", roots=[root])
    assert Flow(story.run()).reached(root, event).frozen == {frozen}


def test_a_guess_joins_only_what_nothing_else_joins() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    item = story.op("item", 2, fake, cut="escape")
    rebuilt = story.value("tensor", kind="rebuild", guessed=(item,))
    assert link(story, rebuilt, story.G).kind == "guessed"
    assert culprits(story, rebuilt, story.G) == [rebuilt]
    cut = story.op("detach", 3, fake, cut="detach")
    proven = story.op("add", 4, rebuilt, cut)
    assert link(story, proven, story.G).kind == "cut"
    assert culprits(story, proven, story.G) == [cut]
    assert link(story, story.op("add", 5, rebuilt, fake), story.G) == Link("live")


def test_what_the_loss_was_not_computed_from_has_no_link() -> None:
    story = Pair()
    story.call(story.G, 1, story.source("z", 1))
    score = story.call(story.D, 2, story.source("real", 2))
    assert link(story, score, story.G) == Link("none")
    assert link(story, 987654, story.D) == Link("none")


def test_links_older_than_the_last_step_do_not_count() -> None:
    story = Pair()
    old = story.op("detach", 1, story.call(story.G, 1, story.source("z", 1)), cut="detach")
    story.passing("g", story.G)
    story.step(story.opt_g)
    score = story.call(story.D, 2, old)
    assert link(story, score, story.G) == Link("none")
    assert link(story, score, story.D) == Link("live")


def test_a_step_of_another_player_or_one_that_was_skipped_ages_nothing() -> None:
    story = Pair()
    cut = story.op("detach", 1, story.call(story.G, 1, story.source("z", 1)), cut="detach")
    story.step(story.opt_d)
    story.step(story.opt_g, skipped=True)
    assert link(story, story.call(story.D, 2, cut), story.G).kind == "cut"


def test_a_step_that_finds_no_gradient_ages_nothing() -> None:
    story = Pair()
    cut = story.op("detach", 1, story.call(story.G, 1, story.source("z", 1)), cut="detach")
    story.step(story.opt_g)
    assert link(story, story.call(story.D, 2, cut), story.G).kind == "cut"


def test_a_fresh_link_counts_beside_an_old_one() -> None:
    story = Pair()
    old = story.op("detach", 1, story.call(story.G, 1, story.source("z", 1)), cut="detach")
    story.passing("g", story.G)
    story.step(story.opt_g)
    fresh = story.op("detach", 2, story.call(story.G, 2, story.source("z", 2)), cut="detach")
    assert culprits(story, story.op("add", 3, old, fresh), story.G) == [fresh]


def test_the_rebuilt_tensor_is_named_if_every_way_runs_there() -> None:
    story = Pair()
    fake = story.call(story.G, 1, story.source("z", 1))
    cut = story.op("detach", 2, fake, cut="detach")
    array = story.op("numpy", 2, cut)
    rebuilt = story.value("from_numpy", array, kind="rebuild")
    root = story.call(story.D, 3, rebuilt)
    flow = Flow(story.run())
    found = flow.rebuilt_after(story.values[cut], (root,))
    assert found is not None
    assert found.id == rebuilt
    beside = story.op("add", 4, root, cut)
    assert Flow(story.run()).rebuilt_after(story.values[cut], (beside,)) is None


def test_a_cut_that_is_no_rebuild_and_leads_to_none_has_none_after_it() -> None:
    story = Pair()
    cut = story.op("detach", 2, story.call(story.G, 1, story.source("z", 1)), cut="detach")
    root = story.call(story.D, 3, cut)
    assert Flow(story.run()).rebuilt_after(story.values[cut], (root,)) is None


def test_below_is_everything_that_a_value_was_computed_from() -> None:
    story = Pair()
    z = story.source("z", 1)
    fake = story.call(story.G, 1, z)
    score = story.call(story.D, 2, fake)
    aside = story.op("mean", 3, fake)
    flow = Flow(story.run())
    assert {z, fake, score} | story.held(story.G, story.D) <= flow.below(score)
    assert aside not in flow.below(score)


@pytest.mark.parametrize("name", ["detach", "mul"])
def test_a_long_chain_does_not_recurse(name: str) -> None:
    story = Pair()
    value = story.call(story.G, 1, story.source("z", 1))
    cut: CutKind | None = "detach" if name == "detach" else None
    value = first = story.op(name, 2, value, cut=cut)
    for _ in range(30_000):
        value = story.op("mul", 3, value)
    found = link(story, value, story.G)
    assert found.kind == ("cut" if cut else "live")
    assert [each.id for each in found.culprits] == ([first] if cut else [])


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_each_parameter_stands_in_the_best_group_that_any_path_allows(data: st.DataObject) -> None:
    """Compared with all paths, one by one."""
    story = Pair()
    made = sorted(story.held(story.G, story.D))
    for _ in range(data.draw(st.integers(1, 8))):
        inputs = data.draw(st.lists(st.sampled_from(made), min_size=1, max_size=2, unique=True))
        kind = data.draw(st.sampled_from(["op", "cut", "zero"]))
        live = any(story.values[each].live for each in inputs)
        cut: CutKind | None = "detach" if kind == "cut" and live else None
        made.append(story.op(kind, 1, *inputs, cut=cut, zero=kind == "zero" and live))
    root = made[-1]
    event = story.passing("loss", roots=[root])
    run = story.run()
    best: dict[int, int] = {}
    pending = [(root, 2)]
    while pending:
        identity, quality = pending.pop()
        value = run.values[identity]
        if value.kind == "parameter":
            best[identity] = max(best.get(identity, -1), quality)
            continue
        here = 0 if not value.live else 1 if value.zero else 2
        pending += [
            (edge.source, min(quality, here, 2 if edge.live else 0)) for edge in value.inputs
        ]
    if root not in best:
        reached = Flow(run).reached(root, event)
        groups = (reached.cut, reached.zero, reached.live)
        assert [{p for p, q in best.items() if q == n} for n in range(3)] == list(groups)


def test_a_target_kept_from_an_earlier_version_does_not_join_the_player() -> None:
    recorded = record(
        """
        average = torch.zeros(4, 3)
        for _ in range(3):
            fake = G(z)
            average = 0.9 * average + 0.1 * fake.detach()  #: kept
            optG.zero_grad()
            D(fake).mean().backward()
            optG.step()
            optD.zero_grad()
            D(average).mean().backward()
            optD.step()
        """,
        players=True,
    )
    assert [recorded.link("G", n).kind for n in range(6)] == ["live", "none"] * 3


def test_two_paths_of_a_real_script_have_two_culprits() -> None:
    recorded = record(
        """
        fake = G(z)
        hard = fake.argmax(1)  #: one
        soft = fake.detach()  #: two
        (D(soft).mean() + D(F.one_hot(hard, 3).float()).mean()).backward()
        """,
        players=True,
    )
    assert sorted(recorded.culprits("G")) == sorted(recorded.marks.values())


def test_a_pass_that_was_not_traced_has_no_links() -> None:
    story = Pair()
    event = story.passing("loss")
    assert Flow(story.run()).link((), event, story.held(story.G)) == Link("none")
