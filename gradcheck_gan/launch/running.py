"""Run the prepared program in this process, and tell how it ended."""

from __future__ import annotations

import builtins
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from types import ModuleType
from typing import Any

from gradcheck_gan.cells import split
from gradcheck_gan.ending import ScriptEnd
from gradcheck_gan.launch import jupyter
from gradcheck_gan.launch.old import advice
from gradcheck_gan.launch.preparing import Prepared, UsageError, is_path_safe, search_path
from gradcheck_gan.launch.stacks import (
    CALLS_COUNT,
    frames_below,
    own_frames_hidden,
    stack_discounted,
)
from gradcheck_gan.launch.tracebacks import linked, strip_ours
from gradcheck_gan.stop import StopInspection

INTERRUPTED = 130

# What python itself starts folders, archives and modules with: the same order, warnings and frames.
_run_module_as_main: Callable[[str, bool], object] = vars(runpy)["_run_module_as_main"]
_NotRunnable: type[Exception] = vars(runpy)["_Error"]


def run(prepared: Prepared) -> ScriptEnd:
    """Run the program; print what python would print of an exception.

    `__main__`, `sys.argv` and `sys.path` stay the script's: its threads and exit handlers go on
    after this returns, and pickle looks its classes up in `__main__`. Raises `UsageError` if a
    package turns out not to have the module.
    """
    main = _install(prepared)
    caught: BaseException | None = None
    with _threads_stop_silently(), own_frames_hidden():
        try:
            _execute(prepared, main)
        except UsageError:
            raise
        except BaseException as error:
            caught = error
        # Outside of `except`: to an exception hook, nothing is being handled.
        end = ScriptEnd("ended", 0) if caught is None else _end_by(caught)
    _flush()
    return end


def _install(prepared: Prepared) -> ModuleType:
    if prepared.function is not None:
        return sys.modules["__main__"]
    # For a folder or an archive, python does this even where it was told to keep the path safe.
    if prepared.start == "folder" or not is_path_safe():
        sys.path[:] = search_path(prepared.search_entry)
    target = prepared.target
    sys.argv = ["-m" if target.kind == "module" else target.name, *target.arguments]
    sys.modules["__main__"] = main = _fresh_main(prepared)
    return main


def _fresh_main(prepared: Prepared) -> ModuleType:
    main = ModuleType("__main__")
    scope: dict[str, Any] = vars(main)
    scope["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        scope["__annotations__"] = {}
    if prepared.start == "file":
        compiled = prepared.file.endswith(".pyc")
        loader = SourcelessFileLoader if compiled else SourceFileLoader
        scope["__file__"] = prepared.file
        scope["__cached__"] = None
        scope["__loader__"] = loader("__main__", prepared.file)
    return main


def _execute(prepared: Prepared, main: ModuleType) -> None:
    if prepared.function is not None:
        prepared.function()
        return
    if prepared.start == "notebook":
        _execute_cells(prepared, main)
        return
    if prepared.code is None:
        _execute_module(prepared)
        return
    with stack_discounted(frames_below() + CALLS_COUNT):  # `exec` is a call
        exec(prepared.code, vars(main))


def _execute_cells(prepared: Prepared, main: ModuleType) -> None:
    """In the folder of the notebook, as Jupyter does."""
    os.chdir(prepared.search_entry)
    jupyter.enter(vars(main))
    with stack_discounted(frames_below() + CALLS_COUNT):
        for code in prepared.cells:
            exec(code, vars(main))


def _execute_module(prepared: Prepared) -> None:
    is_module = prepared.start == "module"
    name = prepared.target.name if is_module else "__main__"
    try:
        with stack_discounted(frames_below()):
            _run_module_as_main(name, is_module)
    except SystemExit as end:
        if isinstance(end.__context__, _NotRunnable):
            raise UsageError(
                f"-m {prepared.target.name} cannot be run ({end.__context__}); "
                "check the name after -m."
            ) from None
        raise


@contextmanager
def _threads_stop_silently() -> Iterator[None]:
    """Keep our stop signal, and our frames, out of what a dying thread prints."""
    original = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        error = args.exc_value
        if error is None or _is_stop(error):
            return
        strip_ours(error)
        shown = (args.exc_type, error, error.__traceback__, args.thread)
        original(threading.ExceptHookArgs(shown))

    threading.excepthook = hook
    try:
        yield
    finally:
        if threading.excepthook is hook:
            threading.excepthook = original


def _is_stop(error: BaseException) -> bool:
    """Whether our signal ended the script, be it through a handler that raised something else."""
    return any(isinstance(each, StopInspection) for each in linked(error))


def _end_by(error: BaseException) -> ScriptEnd:
    strip_ours(error)
    if not isinstance(error, KeyboardInterrupt) and _is_stop(error):
        return ScriptEnd("stopped", None)
    if isinstance(error, SystemExit):
        return _end_by_exit(error)
    exit_of_hook = _show(error)
    if exit_of_hook is not None:
        return _end_by_exit(exit_of_hook)
    if isinstance(error, KeyboardInterrupt):
        return ScriptEnd("interrupted", INTERRUPTED, _summary(error))
    return ScriptEnd("raised", 1, _summary(error), advice(error))


def _end_by_exit(error: SystemExit) -> ScriptEnd:
    code: object = error.code
    if code is None:
        return ScriptEnd("exited", 0)
    if isinstance(code, int):
        fits = -(2**63) <= code < 2**63
        return ScriptEnd("exited", (code if fits else -1) & 0xFF)
    with suppress(Exception):
        _complain(f"{code}\n")
    return ScriptEnd("exited", 1, _summary(error))


def _show(error: BaseException) -> SystemExit | None:
    """Print an uncaught exception as python does; a hook may exit instead."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    hook = getattr(sys, "excepthook", None)
    if hook is None:
        _complain("sys.excepthook is missing\n")
        _display(error)
        return None
    if hook is sys.__excepthook__ and _is_of_cell(error):
        hook = traceback.print_exception
    try:
        hook(type(error), error, error.__traceback__)
    except SystemExit as end:
        return end
    except BaseException as failure:
        failed = failure
    else:
        return None
    strip_ours(failed)
    _complain("Error in sys.excepthook:\n")
    _display(failed)
    _complain("\nOriginal exception was:\n")
    _display(error)
    return None


def _display(error: BaseException) -> None:
    sys.__excepthook__(type(error), error, error.__traceback__)


def _is_of_cell(error: BaseException) -> bool:
    """Whether source is shown that is in no file of its own, where python would not find it."""
    entries = traceback.walk_tb(error.__traceback__)
    return any(split(frame.f_code.co_filename)[1] is not None for frame, _ in entries)


def _complain(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)


def _summary(error: BaseException) -> str:
    lines = traceback.format_exception_only(type(error), error)
    return (lines[-1] if isinstance(error, SyntaxError) else lines[0]).strip()


def _flush() -> None:
    """As python does at the end of a script, whatever the script has put in their place."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
