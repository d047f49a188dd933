"""Who consumed what: blocks, deposits, updates, and whose pass it is."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from sketch import Pair, Story

from gradcheck_gan.analysis.ledger import make_ledger
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.run import Backward, Edge, Step


def owners(story: Story, event: Backward) -> set[str]:
    study = Study(story.run())
    return {study.player_by_id[each].name for each in study.ownership.owners(event)}


def consumed(story: Story) -> list[set[int]]:
    """Per step, the orders of all passes that it found deposits of."""
    ledger = make_ledger(story.run())
    return [
        {order for orders in each.passes.values() for order in orders}
        for each in ledger.consumptions
    ]


def test_a_block_is_passes_then_steps() -> None:
    story = Pair()
    real, fake = story.passing("real", story.D), story.passing("fake", story.D)
    first = story.step(story.opt_d)
    adversarial = story.passing("adversarial", story.G, story.D)
    second, third = story.step(story.opt_g), story.step(story.opt_d)
    ledger = make_ledger(story.run())
    assert [(block.passes, block.steps) for block in ledger.blocks] == [
        ((real, fake), (first,)),
        ((adversarial,), (second, third)),
    ]


def test_a_last_block_without_a_step_and_a_first_without_a_pass() -> None:
    story = Pair()
    step = story.step(story.opt_d)
    event = story.passing("real", story.D)
    blocks = make_ledger(story.run()).blocks
    assert [(block.passes, block.steps) for block in blocks] == [((), (step,)), ((event,), ())]


def test_autograd_grad_is_no_pass_of_a_block() -> None:
    story = Pair()
    story.passing("penalty", kind="grad")
    event = story.passing("loss", story.D)
    story.step(story.opt_d)
    story.passing("penalty", kind="grad")
    story.step(story.opt_g)
    blocks = make_ledger(story.run()).blocks
    assert [block.passes for block in blocks] == [(event,)]
    assert len(blocks[0].steps) == 2


def test_deposits_pile_up_until_they_are_cleared() -> None:
    story = Pair()
    first = story.passing("a", story.D).order
    second = story.passing("b", story.G, story.D).order
    story.step(story.opt_d)
    third = story.passing("a", story.D).order
    story.step(story.opt_d)
    story.clear(story.D)
    story.step(story.opt_d)
    assert consumed(story) == [{first, second}, {first, second, third}, set()]


def test_clearing_one_player_leaves_the_other() -> None:
    story = Pair()
    event = story.passing("a", story.G, story.D).order
    story.clear(story.D)
    story.step(story.opt_d)
    story.step(story.opt_g)
    assert consumed(story) == [set(), {event}]
    pairs = make_ledger(story.run()).consumed
    assert pairs == {(event, parameter) for parameter in story.held(story.G)}


def test_a_zero_deposit_is_a_deposit() -> None:
    story = Pair()
    event = story.passing("a", zero=[story.D]).order
    step = story.step(story.opt_d)
    assert consumed(story) == [{event}]
    assert set(step.gradients.values()) == {"zero"}


def test_a_skipped_step_consumes_but_is_no_update() -> None:
    story = Pair()
    event = story.passing("a", story.D).order
    story.step(story.opt_d, skipped=True)
    assert consumed(story) == [{event}]
    assert Study(story.run()).updates == ()


def test_unknown_gradients_count_for_the_step_that_holds_them() -> None:
    story = Pair()
    story.passing("a", story.G, story.D)
    other = story.held(story.G)
    story.step(story.opt_d, unknown=other)
    story.step(story.opt_g, unknown=other)
    first, second = Study(story.run()).updates
    assert (first.known, second.known) == (True, False)


def test_a_write_knows_what_lay_in_the_parameter_then() -> None:
    story = Pair()
    event = story.passing("a", story.D).order
    parameter = min(story.held(story.D))
    during = story.write(parameter)
    story.clear(story.D)
    story.step(story.opt_d)
    after = story.write(parameter)
    ledger = make_ledger(story.run())
    assert ledger.outstanding_at[during.order] == {parameter: (event,)}
    assert ledger.outstanding_at[after.order] == {parameter: ()}


PLAYS = st.lists(st.sampled_from(["pass G", "pass D", "both", "G", "D", "zero G", "zero D"]))


@given(PLAYS)
@settings(max_examples=200, deadline=None)
def test_a_step_consumes_what_was_deposited_since_the_last_clear(plays: list[str]) -> None:
    story = Pair()
    lying: dict[int, list[int]] = {story.G: [], story.D: []}
    wanted: list[set[int]] = []
    passes = {"pass G": [story.G], "pass D": [story.D], "both": [story.G, story.D]}
    for play in plays:
        if play in passes:
            event = story.passing(play, *passes[play])
            for module in passes[play]:
                lying[module].append(event.order)
        elif play.startswith("zero"):
            module = story.G if play.endswith("G") else story.D
            story.clear(module)
            lying[module].clear()
        else:
            module, optimizer = (story.G, story.opt_g) if play == "G" else (story.D, story.opt_d)
            story.step(optimizer)
            wanted.append(set(lying[module]))
    assert consumed(story) == wanted
    ledger = make_ledger(story.run())
    passed = [event for event in story.told if isinstance(event, Backward)]
    stepped = [event for event in story.told if isinstance(event, Step)]
    assert [event for block in ledger.blocks for event in block.passes] == passed
    assert [event for block in ledger.blocks for event in block.steps] == stepped
    assert all(block.passes for block in ledger.blocks[1:])
    assert all(block.steps for block in ledger.blocks[:-1])


def test_a_pass_is_theirs_who_consume_it_in_its_block() -> None:
    story = Pair()
    real, fake = story.passing("real", story.D), story.passing("fake", story.D)
    story.step(story.opt_d)
    adversarial = story.passing("adversarial", story.G, story.D)
    story.step(story.opt_g)
    story.step(story.opt_d)
    assert owners(story, real) == owners(story, fake) == {"netD"}
    assert owners(story, adversarial) == {"netG", "netD"}


def test_a_later_step_on_a_leftover_does_not_own_the_pass() -> None:
    """E and G of BicycleGAN: the first pass is E's, though G consumes it two passes later."""
    story = Story()
    encoder, generator = story.module("Encoder", "E"), story.module("Generator", "G")
    opt_e, opt_g = story.optimizer("optE", encoder), story.optimizer("optG", generator)
    both = story.passing("both", encoder, generator)
    story.step(opt_e)
    latent = story.passing("latent", generator)
    story.step(opt_g)
    assert owners(story, both) == {"E"}
    assert owners(story, latent) == {"G"}


def test_accumulation_is_owned_by_the_player_that_steps_in_some_round() -> None:
    """D steps every iteration, G every third: all passes of G's site are G's."""
    story = Pair()
    mine = []
    for index in range(6):
        story.clear(story.D)
        story.passing("d", story.D)
        story.step(story.opt_d)
        mine.append(story.passing("g", story.G, story.D))
        if index % 3 == 2:
            story.step(story.opt_g)
            story.clear(story.G)
    assert {name for event in mine for name in owners(story, event)} == {"netG"}
    study = Study(story.run())
    updates = study.updates_of(study.players[0])
    assert [len(update.consumed) for update in updates] == [3, 3]


def test_a_pass_that_nobody_consumes_is_theirs_who_step_after_it_and_never_find_anything() -> None:
    story = Pair()
    for _ in range(2):
        story.clear(story.D)
        story.passing("d", story.D)
        story.step(story.opt_d)
        story.clear(story.D)
        cut = story.passing("g", story.D)
        story.step(story.opt_g)
    assert owners(story, cut) == {"netG"}


def test_an_idle_step_of_a_player_that_is_fed_elsewhere_owns_nothing() -> None:
    """All optimizers are stepped in each phase; D's phase says nothing about G."""
    story = Pair()
    for _ in range(2):
        story.clear(story.G, story.D)
        discriminating = story.passing("d", story.D)
        story.step(story.opt_g)
        story.step(story.opt_d)
        story.clear(story.G, story.D)
        generating = story.passing("g", story.G)
        story.step(story.opt_g)
        story.step(story.opt_d)
    assert owners(story, discriminating) == {"netD"}
    assert owners(story, generating) == {"netG"}


def test_an_update_was_meant_to_rest_on_the_cut_part_of_its_block_too() -> None:
    story = Pair()
    cut = story.passing("adversarial")
    l1 = story.passing("l1", story.G)
    story.step(story.opt_g)
    study = Study(story.run())
    (update,) = study.updates
    assert update.consumed == (l1.order,)
    assert study.own_passes(update) == [cut, l1]


def test_a_pass_of_the_block_that_another_player_owns_is_not_meant_for_this_update() -> None:
    story = Pair()
    story.passing("d", story.D)
    mine = story.passing("g", story.G)
    story.step(story.opt_g)
    story.step(story.opt_d)
    study = Study(story.run())
    update = study.updates_of(study.players[0])[0]
    assert study.own_passes(update) == [mine]


def test_a_pass_that_seeds_a_later_one_goes_on_in_it() -> None:
    """`D(y).backward(); fake.backward(y.grad)` is one pass in two stages."""
    story = Pair()
    first = story.passing("score")
    gradient = story.value("grad", kind="grad")
    story.values[gradient] = replace(
        story.values[gradient], inputs=(Edge(first.order, live=False),)
    )
    second = story.passing("fake", story.G, seed=[gradient])
    story.step(story.opt_g)
    study = Study(story.run())
    (update,) = study.updates
    assert study.own_passes(update) == [second]


def test_an_update_is_empty_only_without_deposits_and_without_gradients() -> None:
    story = Pair()
    story.step(story.opt_g)
    story.passing("z", zero=[story.G])
    story.step(story.opt_g)
    story.passing("a", story.G)
    story.step(story.opt_g)
    updates = Study(story.run()).updates
    assert [update.is_empty for update in updates] == [True, False, False]


def test_a_gradient_written_by_hand_makes_a_step_not_empty() -> None:
    story = Pair()
    story._held = dict.fromkeys(story.held(story.G), "nonzero")
    story.step(story.opt_g)
    (update,) = Study(story.run()).updates
    assert not update.is_empty


def test_tied_parameters_count_for_none_of_their_players() -> None:
    story = Pair()
    tied = min(story.held(story.G))
    held = story.modules[story.D].parameters | {tied}
    story.modules[story.D] = replace(story.modules[story.D], parameters=held)
    story.optimizers[story.opt_d] = replace(story.optimizers[story.opt_d], parameters=held)
    story.passing("g", story.G)
    story.step(story.opt_d)
    study = Study(story.run())
    assert {str(p) for p in study.players if tied in p.parameters} == {"netG", "netD"}
    updates = [update for update in study.updates if str(update.player) == "netD"]
    assert all(tied not in update.parameters for update in updates)
    assert all(update.consumed == () for update in updates)
