"""Autograd's own graph of a loss as torchviz draws it, taken before the engine runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gradcheck_gan.rawgraph import RawGraph
from gradcheck_gan.recording.nodes import Node

if TYPE_CHECKING:
    import torch

    from gradcheck_gan.recording.recorder import Recorder

MOST_NODES = 1_000
DEEPEST = 900
"""torchviz recurses once for each node on a way, and python's stack ends soon after."""

_FAR = 50_000


def number_of(tensor: torch.Tensor, node: Node) -> int:
    """Autograd's number of the operation that made a tensor, or -1; it grows in a thread."""
    function = tensor.grad_fn if node.depth <= DEEPEST else None
    return -1 if function is None else int(function._sequence_nr())


def raw_graph(recorder: Recorder, tensors: list[torch.Tensor], roots: Iterable[Node]) -> RawGraph:
    """The graph behind the roots of a pass; without a body where torchviz could not draw it."""
    functions = _functions([tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None])
    if len(functions) > MOST_NODES:
        return RawGraph(why_not=f"it has more than {MOST_NODES:,} operations")
    if _depth(functions) > DEEPEST:
        return RawGraph(why_not=f"it is more than {DEEPEST} operations deep")
    try:
        from torchviz import make_dot

        body = tuple(make_dot(tuple(tensors)).body)
    except ImportError as error:
        return RawGraph(why_not=f"torchviz cannot be imported ({error})")
    except Exception as error:
        return RawGraph(why_not=f"torchviz failed ({type(error).__name__}: {error})")
    return RawGraph(
        body=body,
        names={str(id(one)): type(one).__name__ for one in functions},
        operations=_made_by(functions, _numbered(roots)),
        parameters=_parameters(recorder, functions),
        outputs=frozenset(str(id(tensor)) for tensor in tensors),
    )


def _functions(pending: list[Any]) -> dict[Any, tuple[Any, ...]]:
    """Each function with those that it hands gradient to, a few more than can be drawn."""
    found: dict[Any, tuple[Any, ...]] = {}
    while pending and len(found) <= MOST_NODES:
        function = pending.pop()
        if function not in found:
            found[function] = tuple(one for one, _ in function.next_functions if one is not None)
            pending.extend(found[function])
    return found


def _depth(functions: dict[Any, tuple[Any, ...]]) -> int:
    depths: dict[Any, int] = {}
    pending = [(one, False) for one in functions]
    while pending:
        function, finished = pending.pop()
        if finished:
            depths[function] = 1 + max((depths[one] for one in functions[function]), default=0)
        elif function not in depths:
            depths[function] = 0
            pending.append((function, True))
            pending.extend((one, False) for one in functions[function] if one not in depths)
    return max(depths.values(), default=0)


def _numbered(roots: Iterable[Node]) -> list[tuple[int, int]]:
    """Autograd's number and the value's, of every value behind the roots."""
    seen: set[Node] = set()
    pending = list(roots)
    while pending and len(seen) < _FAR:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending.extend(source for source, _ in node.inputs)
    return sorted((node.sequence, node.order) for node in seen if node.sequence >= 0)


def _made_by(functions: Iterable[Any], numbered: list[tuple[int, int]]) -> dict[str, int]:
    """Function to value; what a function of several operations did inside belongs to its result."""
    numbers = [number for number, _ in numbered]
    made: dict[str, int] = {}
    for function in functions:
        at = bisect_left(numbers, function._sequence_nr())
        if at < len(numbers):
            made[str(id(function))] = numbered[at][1]
    return made


def _parameters(recorder: Recorder, functions: Iterable[Any]) -> dict[str, int]:
    held = [one.variable for one in functions if hasattr(one, "variable")]
    known = [(tensor, recorder.parameters.known(tensor)) for tensor in held]
    return {str(id(tensor)): one for tensor, one in known if one is not None}
