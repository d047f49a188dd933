"""What a report has to say of players that nothing could be said of."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck_gan.analysis.drift import Pairing, pairings
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.words import counted, listed


def unjudged(study: Study) -> Iterator[str]:
    """A gradient that no pass deposited may come from any loss, or from none."""
    for player in study.players:
        updates = study.updates_of(player)
        if updates and not any(update.known for update in updates):
            yield (
                f"the gradient of {player.name} was written by hand before every step (from "
                "torch.func or autograd.grad, say); whether it comes from the right loss was not "
                "judged"
            )
    yield from _unequal(study)


def _unequal(study: Study) -> Iterator[str]:
    """A network for each rank, as a discriminator of its own data, may be just what is wanted."""
    found = list(pairings(study))
    for player in study.players:
        pairs = [one for one in found if one.player.id == player.id and one.never_equal]
        own = [one for one in pairs if one.apart & one.never_equal]
        same = [one for one in pairs if one.alike & one.never_equal and one not in own]
        if own:
            number = len(frozenset[int]().union(*(one.apart & one.never_equal for one in own)))
            yield (
                f"{_differing(study, player, own, number)}, and no gradient of them is averaged: "
                f"each rank trains a {player.name} of its own"
            )
        if same:
            number = len(frozenset[int]().union(*(one.alike & one.never_equal for one in same)))
            yield (
                f"{_differing(study, player, same, number)}, though they are stepped on the same "
                "gradients: nothing makes them equal before the first step"
            )


def _differing(study: Study, player: Player, pairs: list[Pairing], number: int) -> str:
    ranks = sorted([study.run.rank or 0, *(one.rank for one in pairs)])
    return (
        f"{number} of {counted(len(player.parameters), 'parameter')} of {player.name} differ "
        f"between ranks {listed(map(str, ranks))} from the start"
    )
