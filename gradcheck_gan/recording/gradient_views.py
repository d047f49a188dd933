"""The `.grad` behind a tensor, and what an in-place change of it does to the deposits in it."""

from __future__ import annotations

from gradcheck_gan.recording import operations
from gradcheck_gan.recording.nodes import Node
from gradcheck_gan.recording.parameters import KEEPS_ITSELF


def gradient_behind(node: Node | None) -> Node | None:
    """The `.grad` that a tensor is, or is another view of: `p.grad.data`."""
    while node is not None and node.kind == "op" and node.name in operations.DETACHING:
        node = node.inputs[0][0] if node.inputs else None
    return node if node is not None and node.kind == "grad" else None


def keeps_gradient(node: Node, gradient: Node) -> bool:
    """Zeroing is seen by value; scaling and bounding leave the deposits what they are."""
    if node.name in KEEPS_ITSELF:
        return True
    if not any(gradient_behind(source) is gradient for source, _ in node.inputs):
        return False
    name = node.name if node.name.endswith("_") else f"{node.name}_"
    return name in operations.KEEPS_GRADIENT and not (node.constant or 0.0) < 0.0
