"""Folders that a script makes or removes by a shell: done here, where the scratch folder is."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

_SHELL_ONLY = frozenset("|&;<>()$`\\*?[]{}~#\n")
_MAKING = frozenset({"-p", "--parents"})
_REMOVING = frozenset({"-r", "-R", "-f", "-rf", "-fr", "-Rf", "--recursive", "--force"})


def install() -> None:
    """Let `os.system` and `subprocess` start, in the place of these programs, one that only tells
    how it went."""
    os.system = _shell(os.system)
    starting: Any = subprocess.Popen
    plain = starting.__init__

    @functools.wraps(plain)
    def __init__(self: Any, args: Any, *rest: Any, **options: Any) -> None:
        plain(self, instead(args), *rest, **options)

    starting.__init__ = __init__


def _shell(plain: Any) -> Any:
    @functools.wraps(plain)
    def system(command: Any) -> Any:
        told = instead(command)
        return plain(told if isinstance(told, (str, bytes)) else shlex.join(told))

    return system


def instead(command: Any) -> Any:
    """What to run: the command itself, unless it was done here."""
    words = _words(command)
    if len(words) < 2 or os.name == "nt":
        return command
    program, *rest = words
    flags = {word for word in rest if word.startswith("-")}
    paths = [word for word in rest if not word.startswith("-")]
    if program == "mkdir" and flags <= _MAKING and paths:
        failures = [_made(path, bool(flags)) for path in paths]
    elif program == "rm" and flags <= _REMOVING and paths:
        failures = [_removed(path, "".join(flags).lower()) for path in paths]
    else:
        return command
    told = "".join(f"{program}: {failure}\n" for failure in failures if failure)
    say = f"printf %s {shlex.quote(told)} >&2; exit 1" if told else "exit 0"
    return say if isinstance(command, str) else ["/bin/sh", "-c", say]


def _words(command: Any) -> Sequence[str]:
    if isinstance(command, str):
        if not _SHELL_ONLY.isdisjoint(command):
            return ()
        try:
            return shlex.split(command)
        except ValueError:
            return ()
    if isinstance(command, (list, tuple)) and all(
        isinstance(w, (str, os.PathLike)) for w in command
    ):
        return [os.fspath(word) for word in command]
    return ()


def _made(path: str, parents: bool) -> str:
    try:
        if parents:
            os.makedirs(path, exist_ok=True)
        else:
            os.mkdir(path)
    except OSError as error:
        return f"cannot create directory '{path}': {error.strerror}"
    return ""


def _removed(path: str, flags: str) -> str:
    try:
        if os.path.isdir(path) and not os.path.islink(path) and "r" in flags:
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except FileNotFoundError as error:
        return "" if "f" in flags else f"cannot remove '{path}': {error.strerror}"
    except OSError as error:
        return f"cannot remove '{path}': {error.strerror}"
    return ""
