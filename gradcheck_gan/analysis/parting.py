"""What a report notes of players that the ranks train apart, though that may be what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gradcheck_gan.analysis.drift import Pairing, pairings
from gradcheck_gan.analysis.players import Player
from gradcheck_gan.analysis.study import Study
from gradcheck_gan.words import counted, listed


class _Part(NamedTuple):
    """`3 of 8 parameters of netD`, and `ranks 0 and 1`, of which something is told."""

    share: str
    ranks: str


def parted(study: Study) -> Iterator[str]:
    """A network for each rank, as a discriminator of its own data, may be just what is wanted; one
    that was forgotten in DDP looks the same if the ranks have different seeds."""
    found = list(pairings(study))
    as_one = bool(study.run.replicas) or any(one.in_step for one in found)
    for player in study.players:
        pairs = [one for one in found if one.player.id == player.id]
        if part := _part(study, player, pairs, lambda one: one.apart & one.never_equal):
            yield (
                f"{part.share} differ between {part.ranks} from the start, and no gradient of them "
                f"is averaged: each rank trains a {player.name} of its own"
            )
        if part := _part(study, player, pairs, lambda one: one.alike & one.never_equal):
            yield (
                f"{part.share} differ between {part.ranks} from the start, though they are stepped "
                "on the same gradients: nothing makes them equal before the first step"
            )
        part = _part(study, player, pairs, lambda one: one.apart & one.parted)
        if part and not as_one:  # else it is a fault
            yield (
                f"{part.share} began equal on {part.ranks} and differ now: no gradient of them is "
                "averaged"
            )


def _part(
    study: Study,
    player: Player,
    pairs: list[Pairing],
    chosen: Callable[[Pairing], frozenset[int]],
) -> _Part | None:
    """The parameters that are chosen of any pair, and the ranks of these pairs."""
    pairs = [one for one in pairs if chosen(one)]
    if not pairs:
        return None
    number = len(frozenset[int]().union(*map(chosen, pairs)))
    ranks = listed(map(str, sorted([study.run.rank or 0, *(one.rank for one in pairs)])))
    whole = counted(len(player.parameters), "parameter")
    return _Part(f"{number} of {whole} of {player.name}", f"ranks {ranks}")
