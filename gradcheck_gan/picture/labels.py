"""Boxes become nodes with words in them; the choice of the pass becomes the title."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping

from gradcheck_gan.finding import Finding
from gradcheck_gan.picture.boxes import Box, Bundles, Key
from gradcheck_gan.picture.choice import Choice
from gradcheck_gan.picture.collapse import Folding
from gradcheck_gan.picture.drawing import Drawing, Group, Link, Node
from gradcheck_gan.picture.facts import facts_of
from gradcheck_gan.picture.modules import WIDEST, clip, module_title, shortened, with_place
from gradcheck_gan.picture.uses import Use
from gradcheck_gan.run import Backward, Location, Run

TITLE_WIDTH = 96
LEFT_LINKS = 4
MOST_PLACES = 10


def from_the_loss_down(folding: Folding) -> list[Box]:
    """In the order of their nodes' numbers."""
    return sorted(folding.boxes.values(), key=lambda box: -box.at)


def drawing_of(folding: Folding, choice: Choice) -> Drawing:
    boxes = from_the_loss_down(folding)
    numbers = {box.key: number for number, box in enumerate(boxes)}
    nodes = tuple(
        Node(
            id=numbers[box.key],
            kind="apart" if _is_apart(folding, box) else box.kind,
            lines=tuple(clip(line) for line in _lines(folding.run, choice, box)),
            gets=box.gets,
            culprit=box.code is not None,
            role=box.role,
            group=box.group,
            beside=box.beside,
            hint=_hint(box),
            places=tuple(dict.fromkeys(box.places))[:MOST_PLACES],
            facts=facts_of(folding.run, choice.event, box),
            name=next(filter(None, _body(folding.run, choice.event, box)), ""),
        )
        for box in boxes
    )
    apart = {box.key for box in boxes if _is_apart(folding, box)}
    links = _links(folding.bundles, numbers, folding.boxes, apart)
    if choice.use is not None and choice.finding is not None:
        step = _step_node(len(nodes), choice.event, choice.finding, choice.use)
        left = choice.use.found.get(choice.event.order, frozenset())
        links += _left_links(boxes, numbers, left, step.id)
        nodes = (*nodes, step)
    return Drawing(title_of(choice), nodes, links, _groups(folding, boxes))


def _is_apart(folding: Folding, box: Box) -> bool:
    """A cut of which no finding speaks: most detaches are right."""
    if folding.named is None or box.kind != "cut":
        return False
    return folding.named.isdisjoint((one.path, one.line) for one in box.places)


def _step_node(number: int, event: Backward, finding: Finding, use: Use) -> Node:
    parameters = use.found.get(event.order, frozenset())
    who = f"step of {use.name}" if use.name else "written in place"
    lines = (
        *_accusation(finding.code, finding.name),
        f"{who}, round {use.round}",
        f"used the gradient of {counted(len(parameters), 'parameter')}",
        where_of([use.location]),
    )
    return Node(
        number,
        "step",
        tuple(map(clip, lines)),
        gets=True,
        culprit=True,
        hint=str(use.location),
        places=(use.location,),
    )


def _left_links(
    boxes: list[Box], numbers: Mapping[Key, int], left: frozenset[int], step: int
) -> tuple[Link, ...]:
    """From the boxes nearest the loss that hold what was left, so few that each can be followed."""
    holding = [box for box in boxes if box.gets and not left.isdisjoint(box.parameters)]
    modules = [box for box in holding if box.kind == "module"]
    return tuple(Link(numbers[box.key], step, "left") for box in (modules or holding)[:LEFT_LINKS])


def _links(
    bundles: Bundles, numbers: Mapping[Key, int], boxes: Mapping[Key, Box], apart: set[Key]
) -> tuple[Link, ...]:
    """The link to the nearest lower neighbour is the main one; others are skips."""
    nearest: dict[Key, int] = {}
    for (upper, lower), bundle in bundles.items():
        if bundle.flow != "data":
            nearest[upper] = max(nearest.get(upper, -1), boxes[lower].at)
    return tuple(
        Link(
            numbers[upper],
            numbers[lower],
            "apart" if bundle.flow == "cut" and not apart.isdisjoint(ends) else bundle.flow,
            bundle.label,
            bundle.flow != "data" and boxes[lower].at == nearest[upper],
        )
        for (upper, lower), bundle in bundles.items()
        for ends in [(upper, lower)]
    )


def _groups(folding: Folding, boxes: Iterable[Box]) -> Mapping[int, Group]:
    """The frames that are still in use, with every frame around them."""
    groups: dict[int, Group] = {}
    for box in boxes:
        if box.group is None:
            continue
        path = folding.path(box.group)
        for parent, call in zip((None, *path), path, strict=False):
            record = folding.run.calls[call]
            label = with_place(module_title(folding.called(call)), record.location)
            groups[call] = Group(call, label, parent)
    return groups


def _lines(run: Run, choice: Choice, box: Box) -> list[str]:
    lines = _body(run, choice.event, box)
    if box.code is not None:
        finding = choice.finding
        name = finding.name if finding is not None and finding.code == box.code else ""
        lines = [*_accusation(box.code, name), *lines]
    return [line for line in lines if line]


def _accusation(code: str, name: str) -> list[str]:
    """Code and name of a rule, on two lines where one would be clipped."""
    whole = f"{code} {name}".strip()
    return [whole] if len(whole) <= WIDEST else [code, name]


def _body(run: Run, event: Backward, box: Box) -> list[str]:
    where = where_of(box.places)
    if box.kind == "module":
        return [_module_head(run, box), *_module_facts(run, event, box), where]
    if box.kind == "loss":
        kind = "backward" if event.kind == "backward" else "autograd.grad"
        return [f"{box.head}, {kind}", where, event.error or ""]
    if box.kind == "data":
        return [listed(box.names), where, "needs no gradient"]
    head = box.head
    if box.head and box.count > 1:
        head = f"{box.head}, {box.count} times"
    elif not box.head:
        head = listed(box.names)
    hidden = f"{box.cuts} cuts or zeros among them" if box.cuts and not box.head else ""
    return [head, hidden, _held(run, box.parameters), where]


def _module_head(run: Run, box: Box) -> str:
    if box.count == 1:
        return box.head
    called = {run.calls[call].module for call in box.calls}
    if len(called) == 1:
        times = f", {len(box.calls)} calls" if len(box.calls) > 1 else ""
        return module_title(run.modules[called.pop()]) + times
    return listed(box.names)


def _module_facts(run: Run, event: Backward, box: Box) -> list[str]:
    role = box.role if box.role in ("generator", "discriminator") and box.group is None else None
    layers = counted(box.layers, "layer") if box.layers > 1 and box.count == 1 else None
    facts = [role, counted(len(box.parameters), "parameter"), layers]
    line = ", ".join(fact for fact in facts if fact)
    if event.kind != "backward" or event.error is not None or not box.parameters:
        return [line]
    asked = {run.values[one].parameter for one in event.inputs if one in run.values}
    if asked and asked.isdisjoint(box.parameters):
        return [line, "left out by backward(inputs=...)"]
    deposits = [event.deposits[one] for one in box.parameters if one in event.deposits]
    zeros = sum(deposit.zero for deposit in deposits)
    got = f"{len(deposits) - zeros} of {len(box.parameters)} got a gradient"
    return [line, got + (f", {zeros} only zeros" if zeros else "")]


def _held(run: Run, parameters: set[int]) -> str:
    names = sorted(run.parameters[one].name for one in parameters if one in run.parameters)
    if not names:
        return ""
    return f"parameter {names[0]}" if len(names) == 1 else counted(len(names), "parameter")


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Iterable[str]) -> str:
    """`3 x Linear, relu`, at most three kinds."""
    counts = Counter(names)
    parts = [name if count == 1 else f"{count} x {name}" for name, count in counts.items()]
    return ", ".join(parts[:3]) + (f" and {len(parts) - 3} more kinds" if len(parts) > 3 else "")


def where_of(places: Iterable[Location]) -> str:
    """`train.py:40` or `train.py:40-44`; the first file stands for all."""
    by_path: dict[str, list[int]] = {}
    for place in places:
        by_path.setdefault(place.file, []).append(place.line)
    if not by_path:
        return ""
    path, lines = next(iter(by_path.items()))
    span = f"{min(lines)}" if min(lines) == max(lines) else f"{min(lines)}-{max(lines)}"
    more = f" and {counted(len(by_path) - 1, 'file')} more" if len(by_path) > 1 else ""
    return f"{shortened(path)}:{span}{more}"


def _hint(box: Box) -> str:
    """What stands under the mouse: every place, at most ten."""
    places = list(dict.fromkeys(str(place) for place in box.places))
    return ", ".join(places[:MOST_PLACES]) + (" ..." if len(places) > MOST_PLACES else "")


def title_of(choice: Choice) -> tuple[str, ...]:
    event = choice.event
    kind = "backward pass" if event.kind == "backward" else "autograd.grad"
    place = f" at {event.location}" if event.location else ""
    trains = f", trains {' and '.join(choice.belongs_to)}" if choice.belongs_to else ""
    lines = [f"Gradient graph of the {kind}{place}, round {event.round}{trains}"]
    if choice.finding is None:
        lines.append("No finding; the picture shows where this loss sends its gradient.")
    else:
        finding = choice.finding
        told = f"{finding.code} {finding.name} at {finding.location}: {finding.message}"
        lines += textwrap.wrap(told, TITLE_WIDTH, max_lines=4, placeholder=" ...")
    return tuple(lines)
