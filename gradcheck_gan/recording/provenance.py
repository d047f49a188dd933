"""What the content of a value comes from: another's gradient, a parameter, a computation."""

from __future__ import annotations

from gradcheck_gan.recording import operations
from gradcheck_gan.recording.nodes import Input, Node
from gradcheck_gan.recording.parameters import KEEPS_ITSELF, Parameters

_LOOKED_AT = 200


def gradient_behind(node: Node | None) -> Node | None:
    """The `.grad` that a tensor is, or is another view of: `p.grad.data`."""
    while node is not None and node.kind == "op" and node.name in operations.DETACHING:
        node = node.inputs[0][0] if node.inputs else None
    return node if node is not None and node.kind == "grad" else None


def look_before_clamp(inputs: list[Input], parameters: Parameters) -> None:
    """Whether the script has changed a scaled gradient that it is about to clamp; the numbers do
    not tell that afterwards."""
    if not parameters.follows_scale or not inputs:
        return
    gradient = gradient_behind(inputs[0][0])
    if gradient is not None and gradient.parameter is not None:
        parameters.look_closely((gradient.parameter,))


def clamp_of(node: Node, gradient: Node) -> Node | None:
    """The clamp, if a value is the gradient with nothing else done to it."""
    clamp = None
    while node is not gradient:
        copied = node.name in operations.COPYING
        if len(node.inputs) != 1 or not (copied or (node.bounds is not None and clamp is None)):
            return None
        clamp = clamp if copied else node
        node = node.inputs[0][0]
    return clamp


def keeps_gradient(node: Node, gradient: Node) -> bool:
    """Zeroing is seen by value; scaling and bounding leave the deposits what they are."""
    if node.name in KEEPS_ITSELF:
        return True
    if not any(gradient_behind(source) is gradient for source, _ in node.inputs):
        return False
    name = node.name if node.name.endswith("_") else f"{node.name}_"
    return name in operations.KEEPS_GRADIENT and not (node.constant or 0.0) < 0.0


def is_computed(source: Input) -> bool:
    """Whether gradient led into it, or was cut off on the way: no fresh content, nor a copy of a
    parameter."""
    if source[1] and source[0].kind != "parameter":
        return bool(source[0].inputs)
    pending = [_copied(source[0])]
    for _ in range(_LOOKED_AT):
        if not pending:
            break
        node = pending.pop()
        if node.cut is not None:
            return True
        pending.extend(_copied(read) for read, _ in node.inputs)
    return False


def _copied(node: Node) -> Node:
    """The parameter that a value is a plain copy of, else the value itself."""
    below = node
    while below.name in operations.COPYING and len(below.inputs) == 1:
        below = below.inputs[0][0]
    return below if below.kind == "parameter" else node
