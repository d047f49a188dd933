"""What the recorder rests on: weak tables, what is known of functions, patches and names."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gradcheck_gan.recording import operations
from gradcheck_gan.recording.naming import Names
from gradcheck_gan.recording.nodes import WeakTable, tensors_in
from gradcheck_gan.recording.operations import Kind, classify, is_zero_derivative
from gradcheck_gan.recording.patches import replaced


def test_a_table_forgets_what_died_and_never_mixes_up_what_comes_after() -> None:
    class Thing:
        pass

    table = WeakTable()
    thing = Thing()
    table.set(thing, "first")
    table.set(thing, "second")
    assert table.get(thing) == "second"
    assert [(kept is thing, value) for kept, value in table.items()] == [(True, "second")]
    watched = weakref.ref(thing)
    del thing
    gc.collect()
    assert watched() is None
    assert table.items() == []
    fresh = [Thing() for _ in range(50)]
    assert all(table.get(each) is None for each in fresh)


def test_a_table_is_by_identity_not_equality() -> None:
    one, other = torch.zeros(2), torch.zeros(2)
    table = WeakTable()
    table.set(one, 1)
    assert table.get(other) is None
    table.clear()
    assert table.get(one) is None


def test_tensors_are_found_in_nested_arguments() -> None:
    a, b, c = (torch.full((1,), value) for value in (1.0, 2.0, 3.0))
    found = list(tensors_in((a, [1, (b, None)], {"x": {"y": c}}, "text")))
    assert [tensor.item() for tensor in found] == [1.0, 2.0, 3.0]


PROPERTIES: Any = vars(torch._C.TensorBase)


@pytest.mark.parametrize(
    ("func", "kind", "name", "inplace"),
    [
        (torch.Tensor.detach, Kind.OPERATION, "detach", False),
        (torch.Tensor.detach_, Kind.OPERATION, "detach_", True),
        (PROPERTIES["data"].__get__, Kind.OPERATION, "data", False),
        (PROPERTIES["data"].__set__, Kind.WRITE_DATA, "data", False),
        (PROPERTIES["grad"].__get__, Kind.READ_GRAD, "grad", False),
        (PROPERTIES["grad"].__set__, Kind.WRITE_GRAD, "grad", False),
        (PROPERTIES["shape"].__get__, Kind.IGNORED, "shape", False),
        (torch.Tensor.__setitem__, Kind.OPERATION, "__setitem__", True),
        (torch.Tensor.__iadd__, Kind.OPERATION, "__iadd__", True),
        (torch.Tensor.__add__, Kind.OPERATION, "__add__", False),
        (torch.Tensor.item, Kind.ESCAPE, "item", False),
        (torch.Tensor.__bool__, Kind.ESCAPE, "__bool__", False),
        (torch.Tensor.size, Kind.IGNORED, "size", False),
        (torch.Tensor.requires_grad_, Kind.SET_REQUIRES_GRAD, "requires_grad_", False),
        (torch.Tensor.register_hook, Kind.HOOK, "register_hook", False),
        (torch._C._set_grad_enabled, Kind.GRAD_MODE, "_set_grad_enabled", False),
        (torch.nn.functional.relu_, Kind.OPERATION, "relu_", True),
    ],
)
def test_functions_are_told_apart(func: object, kind: Kind, name: str, inplace: bool) -> None:
    assert classify(func) == (kind, name, inplace)


@pytest.mark.parametrize("name", sorted(operations.ZERO_DERIVATIVE - {"bernoulli", "bernoulli_"}))
def test_a_zero_derivative_is_zero_everywhere(name: str) -> None:
    points = torch.linspace(-2.2, 2.3, 19).requires_grad_()
    value = points * 1.0
    divide = "floor" in name and name not in ("floor", "floor_")
    result = getattr(value, name)(*((0.7,) if divide else ()))
    try:
        torch.autograd.backward(result.sum())
    except RuntimeError:
        return  # torch refuses: nothing is claimed of what cannot run
    assert points.grad is not None
    assert not points.grad.any()


@pytest.mark.parametrize("mode", ["floor", "trunc"])
def test_a_division_that_rounds_has_derivative_zero_and_another_has_not(mode: str) -> None:
    assert is_zero_derivative("div", {"rounding_mode": mode})
    assert not is_zero_derivative("div", {"rounding_mode": None})
    assert not is_zero_derivative("div", {})
    point: Any = torch.tensor(2.7, requires_grad=True)
    torch.autograd.backward(torch.div(point, 0.4, rounding_mode=mode))
    assert point.grad is not None
    assert point.grad == 0


def test_a_patch_is_put_back_even_if_the_script_fails() -> None:
    owner = SimpleNamespace(name=len)
    with pytest.raises(ValueError, match="float"), replaced(owner, "name", lambda _: float):
        owner.name("x")
    assert owner.name is len
    with replaced(owner, "missing", lambda _: max):
        assert not hasattr(owner, "missing")


def test_names_are_found_in_containers_and_the_first_one_wins() -> None:
    net, opt_owner = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(opt_owner.parameters(), lr=0.1)
    names = Names()
    scopes: list[Mapping[str, Any]] = [
        {"self": SimpleNamespace(netG=net, deep=SimpleNamespace(opt=optimizer))},
        {"alias": net, "__private": net, "table": {"w": torch.zeros(1)}},
    ]
    names.survey_scopes(scopes)
    assert names.get(net) == "netG"
    assert names.get(optimizer) == "deep.opt"
    assert names.get(object()) is None


def test_a_container_that_holds_itself_ends_the_survey() -> None:
    loop: list[Any] = [torch.nn.Linear(1, 1)]
    loop.append(loop)
    names = Names()
    names.survey_scopes([{"loop": loop}])
    assert names.get(loop[0]) == "loop[0]"
