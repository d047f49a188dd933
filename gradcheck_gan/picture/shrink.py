"""Merge boxes until a person can read the picture, whatever the size of the graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from gradcheck_gan.picture.boxes import Box, Bundles, Key, connect

LIMIT = 60
# Of more than this the repeats go first: comparing box by box takes many rounds.
HUGE = 600
# From here on branches that look the same are one, although a few are worth seeing each.
CROWDED = 30
# Of many cuts in one graph the nearest to the loss are shown, the others are counted.
MARKED = 24


def shrink(boxes: dict[Key, Box], bundles: Bundles, limit: int = LIMIT) -> Bundles:
    """Merge in place in `boxes`; return the links of what is left."""
    if len(boxes) > HUGE:
        bundles = _merge(boxes, bundles, _chains(boxes, bundles))
    if len(boxes) > HUGE:
        bundles = _merge(boxes, bundles, _repeated(boxes))
    if len(boxes) > HUGE:
        bundles = _merge(boxes, bundles, _stretches(boxes, HUGE))
    bundles = _tidied(boxes, bundles)
    if len(boxes) > limit:
        bundles = _tidied(boxes, _merge(boxes, bundles, _repeated(boxes)))
    if len(boxes) > limit:
        bundles = _merge(boxes, bundles, _fewer_data(boxes, bundles))
    if len(boxes) > limit:
        bundles = _merge(boxes, bundles, _stretches(boxes, limit))
    return bundles


def divide(boxes: dict[Key, Box], bundles: Bundles, limit: int = LIMIT) -> Bundles:
    """As `shrink`, into parts of about the same size: each of them shows more when it is opened."""
    return bundles if len(boxes) <= limit else _merge(boxes, bundles, _stretches(boxes, limit))


def _tidied(boxes: dict[Key, Box], bundles: Bundles) -> Bundles:
    before = None
    while len(boxes) != before:
        before = len(boxes)
        bundles = _merge(boxes, bundles, _alike(boxes, bundles, {True, False}))
        bundles = _merge(boxes, bundles, _chains(boxes, bundles))
        if before > CROWDED:
            bundles = _merge(boxes, bundles, _alike(boxes, bundles, {True}))
            bundles = _merge(boxes, bundles, _alike(boxes, bundles, {False}))
    return bundles


def _repeated(boxes: dict[Key, Box]) -> Iterable[list[Key]]:
    """What one line of a loop did, every time that it ran: the loop is drawn once, as a circle."""
    turns: dict[Hashable, list[Key]] = {}
    for key, box in boxes.items():
        if box.places and box.kind not in ("data", "loss"):
            what = (box.kind, box.head, frozenset(box.names), box.family)
            turns.setdefault((what, str(box.places[0]), box.code, box.gets), []).append(key)
    return [group for group in turns.values() if len(group) > 1]


def _merge(boxes: dict[Key, Box], bundles: Bundles, groups: Iterable[list[Key]]) -> Bundles:
    """Merge every group into its member that is nearest the loss."""
    target: dict[Key, Key] = {}
    for group in groups:
        first = max(group, key=lambda key: boxes[key].at)
        for key in sorted(group, key=lambda key: -boxes[key].at):
            target[key] = first
            if key != first:
                boxes[first].absorb(boxes.pop(key))
    if not target:
        return bundles
    kept: Bundles = {}
    for (upper, lower), bundle in bundles.items():
        ends = target.get(upper, upper), target.get(lower, lower)
        connect(kept, *ends, bundle.flow, bundle.label)
    return kept


def _neighbours(
    bundles: Bundles, *, data: bool
) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
    """Lower and upper neighbours of every box."""
    lowers: dict[Key, list[Key]] = {}
    uppers: dict[Key, list[Key]] = {}
    for (upper, lower), bundle in bundles.items():
        if data or bundle.flow != "data":
            lowers.setdefault(upper, []).append(lower)
            uppers.setdefault(lower, []).append(upper)
    return lowers, uppers


def _alike(boxes: dict[Key, Box], bundles: Bundles, sides: set[bool]) -> Iterable[list[Key]]:
    """Boxes that say the same and have the same upper (True) and lower (False) neighbours.

    Of two boxes with the same neighbours on one side neither can lie behind the other, so that
    merging them closes no circle.
    """
    ends: dict[Key, set[tuple[bool, Key, str]]] = {key: set() for key in boxes}
    for (upper, lower), bundle in bundles.items():
        ends[upper].add((False, lower, bundle.flow))
        ends[lower].add((True, upper, bundle.flow))
    twins: dict[Hashable, list[Key]] = {}
    for key, box in boxes.items():
        place = str(box.places[0]) if box.places and box.kind != "data" else ""
        name = "" if box.kind == "data" else (box.head, box.names[0] if box.names else "")
        if box.kind == "module":
            name, place = "", ""
        label = (box.kind, name, place, box.family, box.group, box.code, box.gets)
        near = frozenset(end for end in ends[key] if end[0] in sides)
        # Without neighbours on that side there is nothing in common.
        twins.setdefault((label, near or key), []).append(key)
    return [group for group in twins.values() if len(group) > 1]


def _chains(boxes: dict[Key, Box], bundles: Bundles) -> Iterable[list[Key]]:
    """Runs of unmarked boxes that follow each other without a branch."""
    lowers, uppers = _neighbours(bundles, data=False)

    def follows(upper: Key, lower: Key) -> bool:
        alone = len(lowers[upper]) == 1 and len(uppers[lower]) == 1
        return alone and _may_join(boxes[upper], boxes[lower])

    return _runs(boxes, lowers, follows)


def _runs(
    boxes: dict[Key, Box],
    lowers: dict[Key, list[Key]],
    follows: Callable[[Key, Key], bool],
) -> Iterable[list[Key]]:
    runs: list[list[Key]] = []
    taken: set[Key] = set()
    for key in sorted(boxes, key=lambda key: -boxes[key].at):
        run = [key]
        while key not in taken and len(lowers.get(run[-1], ())) == 1:
            lower = lowers[run[-1]][0]
            if lower in taken or lower in run[:1] or not follows(run[-1], lower):
                break
            run.append(lower)
            taken.add(lower)
        if len(run) > 1:
            taken.add(key)
            runs.append(run)
    return runs


def _may_join(upper: Box, lower: Box) -> bool:
    if upper.marked or lower.marked or upper.gets != lower.gets or upper.group != lower.group:
        return False
    if "data" in (upper.kind, lower.kind):
        return False
    if upper.inner or upper.kind == lower.kind == "op":
        return True
    return upper.kind == lower.kind and upper.family == lower.family


def _fewer_data(boxes: dict[Key, Box], bundles: Bundles) -> Iterable[list[Key]]:
    """All data that enters the same box."""
    _, uppers = _neighbours(bundles, data=True)
    entering: dict[Key, list[Key]] = {}
    for key, box in boxes.items():
        if box.kind == "data" and uppers.get(key):
            entering.setdefault(uppers[key][0], []).append(key)
    return [group for group in entering.values() if len(group) > 1]


def _stretches(boxes: dict[Key, Box], limit: int) -> Iterable[list[Key]]:
    """Stretches of the order of computation; marked boxes and the flow of gradient stay apart."""
    marked = sorted((box for box in boxes.values() if box.marked), key=_worth)[:MARKED]
    kept = {box.key for box in marked}
    streams: dict[str, list[Key]] = {}
    for key in sorted((key for key in boxes if key not in kept), key=lambda key: boxes[key].at):
        box = boxes[key]
        stream = "data" if box.kind == "data" else "gets" if box.gets else "lost"
        streams.setdefault(stream, []).append(key)
    room = max(limit - len(kept) - 3, 3)
    total = sum(len(stream) for stream in streams.values())
    groups: list[list[Key]] = []
    for keys in streams.values():
        size = -(-len(keys) // max(1, room * len(keys) // total))
        pieces = [keys[start : start + size] for start in range(0, len(keys), size)]
        groups += [piece for piece in pieces if len(piece) > 1]
    return groups


def _worth(box: Box) -> tuple[bool, bool, int]:
    return box.kind != "loss", box.code is None, -box.at
