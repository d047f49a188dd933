"""Autograd's own graph, drawn by torchviz, in the colours and with the lines of our record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradcheck_gan.picture.collapse import Folding
from gradcheck_gan.picture.dot import quoted
from gradcheck_gan.picture.drawing import Drawing, Node, paint
from gradcheck_gan.picture.labels import where_of
from gradcheck_gan.rawgraph import RawGraph
from gradcheck_gan.run import Parameter, Value

OWN_RECORD = "This is the record of operations, not autograd's own graph: {}."
UNSEEN = "What a detach or the like cuts off is not in autograd's graph; --view op shows it."


def as_autograd_has_it(drawing: Drawing, folding: Folding) -> Drawing:
    """Returns what was drawn of our own record, saying why, where there is nothing else."""
    raw = folding.run.raw.get(folding.event.order)
    if raw is None or raw.why_not:
        reason = raw.why_not if raw else "that is taken while a script runs, not from a kept run"
        told = OWN_RECORD.format(reason)
        return replace(drawing, title=(*drawing.title, told), remark=told)
    body = [line.encode("ascii", "replace").decode("ascii").rstrip() for line in raw.body]
    lines = (*body, *_colours(raw, folding))
    return replace(drawing, title=(*drawing.title, UNSEEN), raw=lines)


def _colours(raw: RawGraph, folding: Folding) -> Iterator[str]:
    """Attributes that come last in a DOT text win."""
    values, parameters = folding.run.values, folding.run.parameters
    for name, identifier in raw.operations.items():
        if identifier in values:
            yield _line(name, _operation(folding, values[identifier], raw.names.get(name, "")))
    for name, identifier in raw.parameters.items():
        if identifier in parameters:
            yield _line(name, _parameter(folding, parameters[identifier]))
    for name in raw.outputs:
        where = where_of([folding.event.location] if folding.event.location else [])
        yield _line(name, Node(0, "loss", ("loss, backward", where), gets=True))


def _operation(folding: Folding, value: Value, function: str) -> Node:
    code = folding.code_at(value.location)
    role = None
    for call in folding.path(value.call):
        role = folding.role_of(folding.called(call).parameters) or role
    where = where_of([value.location] if value.location else [])
    return Node(
        id=0,
        kind="zero" if value.id in folding.piece.zeros else "op",
        lines=tuple(filter(None, (code, function, where))),
        gets=value.id in folding.piece.arrives,
        culprit=code is not None,
        role=role,
        hint=str(value.location or ""),
    )


def _parameter(folding: Folding, parameter: Parameter) -> Node:
    deposit = folding.event.deposits.get(parameter.id)
    got = "no gradient" if deposit is None else "only zeros" if deposit.zero else ""
    shape = "x".join(map(str, parameter.shape)) or "scalar"
    return Node(
        id=0,
        kind="op",
        lines=tuple(filter(None, (parameter.name, shape, got))),
        gets=not got,
        role=folding.role_of(frozenset({parameter.id})),
    )


def _line(name: str, node: Node) -> str:
    look = paint(node)
    style = "filled,dashed" if look.dashed else "filled"
    shape = ", peripheries=2" if node.culprit else ""
    return (
        f'\t{name} [label={quoted(node.lines)}, style="{style}", fillcolor="{look.fill}", '
        f'color="{look.border}", penwidth={look.width}{shape}, tooltip={quoted(node.hint or " ")}]'
    )
