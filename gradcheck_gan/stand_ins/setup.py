"""A file of the user's own stand-ins, which runs before the script."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

from gradcheck_gan.launch import UsageError
from gradcheck_gan.launch.tracebacks import strip_ours

NAME = "gradcheck_gan_setup"
"""What the file is called as a module: pickle finds its classes there."""


def run(file: str) -> None:
    """Raises `UsageError`, after the traceback, if the file cannot be run to its end."""
    module = ModuleType(NAME)
    module.__file__ = os.path.abspath(file)
    module.__spec__ = ModuleSpec(NAME, SourceFileLoader(NAME, file), origin=file)
    try:
        code = compile(Path(file).read_bytes(), module.__file__, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"--setup {file} is not Python ({error}); correct it.") from error
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise UsageError(f"--setup {file} cannot be read ({reason}); check the path.") from error
    sys.modules[NAME] = module
    with _beside(os.path.dirname(module.__file__)):
        try:
            exec(code, vars(module))
        except BaseException as error:
            raise _failed(file, error) from None


def _failed(file: str, error: BaseException) -> UsageError:
    strip_ours(error)
    if not isinstance(error, SystemExit):
        sys.__excepthook__(type(error), error, error.__traceback__)
    what = traceback.format_exception_only(type(error), error)[-1].strip()
    return UsageError(f"--setup {file} ended by {what}; the script was not started.")


@contextmanager
def _beside(folder: str) -> Iterator[None]:
    """The file may import its neighbours, as a script may."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
