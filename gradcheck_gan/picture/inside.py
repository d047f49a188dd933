"""What lies in a folded node, drawn on its own with what is next to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gradcheck_gan.picture.boxes import Box, Key
from gradcheck_gan.picture.choice import Choice
from gradcheck_gan.picture.collapse import Folding
from gradcheck_gan.picture.drawing import Drawing
from gradcheck_gan.picture.labels import drawing_of, from_the_loss_down
from gradcheck_gan.picture.shrink import divide
from gradcheck_gan.picture.walk import sources

# All of them are laid out when the page is written, and few are ever opened.
MOST = 40


@dataclass(frozen=True, slots=True)
class Inside:
    """`below` has those of its nodes that can be opened in turn."""

    drawing: Drawing
    below: dict[int, Inside] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """The values of a pass: the place of each in the order of computation, and who reads it."""

    place: Mapping[int, int]
    readers: Mapping[int, list[int]]


def insides(drawn: Sequence[tuple[Folding, Choice]], most: int = MOST) -> list[dict[int, Inside]]:
    """Per picture the nodes that can be opened, the outermost of all pictures first."""
    found: list[dict[int, Inside]] = [{} for _ in drawn]
    pending = deque(
        (folding, replace(choice, use=None), _order(folding), into)
        for (folding, choice), into in zip(drawn, found, strict=True)
    )
    while pending and most > 0:
        folding, choice, order, into = pending.popleft()
        members = _members(folding)
        for number, box in enumerate(from_the_loss_down(folding)):
            opened = _opened(folding, box, members.get(box.key, ()), order)
            if opened is not None and most > 0:
                most -= 1
                into[number] = Inside(drawing_of(opened, choice))
                pending.append((opened, choice, order, into[number].below))
    return found


def _order(folding: Folding) -> Order:
    readers: dict[int, list[int]] = {}
    for identifier in folding.piece.order:
        for source in sources(folding.run.values[identifier]):
            readers.setdefault(source, []).append(identifier)
    return Order({one: at for at, one in enumerate(folding.piece.order)}, readers)


def _members(folding: Folding) -> dict[Key, list[int]]:
    """The values in every box, as far as they belong to what is drawn."""
    boxes = folding.boxes.values()
    holder = {key: box.key for box in boxes for key in (box.key, *box.absorbed)}
    members: dict[Key, list[int]] = {}
    for identifier in folding.piece.order:
        value = folding.run.values[identifier]
        drawn = value.kind != "parameter" and not folding.piece.is_data(value)
        key = holder.get(folding.key(value)) if drawn else None
        if key is not None and (folding.core is None or identifier in folding.core):
            members.setdefault(key, []).append(identifier)
    return members


def _opened(folding: Folding, box: Box, members: Sequence[int], order: Order) -> Folding | None:
    """The inside of one box, or None where there is nothing more to see."""
    if box.kind in ("loss", "data", "cut", "zero") or len(members) < 2:
        return None
    near = {reader for one in members for reader in order.readers.get(one, ())}
    near.update(source for one in members for source in sources(folding.run.values[one]))
    held = sorted(near.intersection(order.place).union(members), key=order.place.__getitem__)
    opened = replace(
        folding,
        piece=replace(folding.piece, order=tuple(held)),
        core=frozenset(members),
        expected=frozenset(),
        expanded=set(folding.expanded) | (set() if box.absorbed else box.calls),
        boxes={},
        bundles={},
    )
    opened.fold()
    if len({opened.key(opened.run.values[one]) for one in members}) < 2:
        return None
    opened.bundles = divide(opened.boxes, opened.bundles)
    return opened
