"""What a report notes of players that the ranks train apart, though that may be what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradcheck_gan.analysis.drift import Pairing, pairings
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.words import counted, listed

_Chosen = Callable[[Pairing], frozenset[int]]


def parted(study: Study) -> Iterator[str]:
    """A network for each rank, as a discriminator of its own data, may be just what is wanted; one
    that was forgotten in DDP looks the same if the ranks have different seeds."""
    found = list(pairings(study))
    as_one = bool(study.run.replicas) or any(one.in_step for one in found)
    for player in study.players:
        pairs = [one for one in found if one.player.id == player.id]
        if told := _told(study, player, pairs, lambda one: one.apart & one.never_equal):
            yield (
                f"{told('differ between')} from the start, and no gradient of them is averaged: "
                f"each rank trains a {player.name} of its own"
            )
        if told := _told(study, player, pairs, lambda one: one.alike & one.never_equal):
            yield (
                f"{told('differ between')} from the start, though they are stepped on the same "
                "gradients: nothing makes them equal before the first step"
            )
        apart = _told(study, player, pairs, lambda one: one.apart & one.parted)
        if apart and not as_one:  # else it is a fault
            yield f"{apart('began equal on')} and differ now: no gradient of them is averaged"


def _told(
    study: Study, player: Player, pairs: list[Pairing], chosen: _Chosen
) -> Callable[[str], str] | None:
    """How many parameters were chosen, and on which ranks they do what is told of them."""
    pairs = [one for one in pairs if chosen(one)]
    if not pairs:
        return None
    number = len(frozenset[int]().union(*map(chosen, pairs)))
    ranks = listed(map(str, sorted([study.run.rank or 0, *(one.rank for one in pairs)])))
    whole = counted(len(player.parameters), "parameter")
    return lambda what: f"{number} of {whole} of {player.name} {what} ranks {ranks}"
