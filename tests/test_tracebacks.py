"""Tracebacks that the user sees have no frame of ours, and all of the user's."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import gradcheck_gan
from gradcheck_gan.launch.tracebacks import strip_ours


def function(file: str, source: str, **names: object) -> Callable[..., Any]:
    """A function whose frames say that they belong to `file`."""
    code: CodeType = compile(source, file, "exec")
    scope: dict[str, Any] = {}
    exec(code, {**vars(builtins), **names}, scope)
    made: Callable[..., Any] = next(v for v in scope.values() if isinstance(v, FunctionType))
    return made


def names_of(error: BaseException) -> list[str]:
    names, traceback = [], error.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    return names


def inside(*parts: str) -> str:
    assert gradcheck_gan.__file__ is not None
    return str(Path(gradcheck_gan.__file__).parent.joinpath(*parts))


def caught(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_frames_of_ours_vanish_from_the_middle_of_linked_tracebacks() -> None:
    def fails() -> None:
        raise ValueError("bottom")

    ours = function(inside("recording", "engine.py"), "def ours(call, *x): return call(*x)")
    again = function("user.py", "def again(error): raise KeyError from error")

    def wraps() -> None:
        try:
            ours(fails)
        except ValueError as error:
            ours(again, error)

    error = caught(lambda: ours(wraps))
    strip_ours(error)
    assert names_of(error) == ["caught", "<lambda>", "wraps", "again"]
    assert error.__cause__ is not None
    assert names_of(error.__cause__) == ["wraps", "fails"]


def test_a_function_that_the_mode_calls_again_stands_once() -> None:
    def loss(called: bool = False) -> None:
        if called:
            raise ValueError("sizes differ")
        handle()

    ours = function(inside("recording", "mode.py"), "def ours(call): return call(True)")
    dispatcher = os.path.join("site-packages", "torch", "overrides.py")
    source = "def handle_torch_function(): return next_(call)"
    handle = function(dispatcher, source, next_=ours, call=loss)
    error = caught(loss)
    assert str(error) == "sizes differ"
    strip_ours(error)
    assert names_of(error) == ["caught", "loss"]


def test_estimators_that_a_script_calls_keep_their_frames() -> None:
    fails = function(inside("estimators/remedies.py"), "def straight_through(): raise ValueError")
    error = caught(fails)
    strip_ours(error)
    assert names_of(error) == ["caught", "straight_through"]
