"""What to give a script that ended for want of a package or of data."""

from __future__ import annotations

import re

from gradcheck_gan.stand_ins import quiet
from gradcheck_gan.stand_ins.importing import WRITTEN

_MISSING = re.compile(r"No module named '([\w.]+)'")
_NO_FILE = re.compile(r"No such file or directory: [\"'](.+?)[\"']")
_NO_DATA = re.compile(
    r"Dataset not found|num_samples should be a positive integer|URLError|HTTPError|gaierror"
    r"|Couldn't find any class folder|ConnectionError|Name or service not known"
)
_SETUP = "make it in a file of your own and give that as --setup FILE"


def after(exception: str | None, *, faked: bool) -> tuple[str, ...]:
    """One sentence, or none, about the exception that ended the script; the report shows it."""
    text = exception or ""
    missing, no_file = _MISSING.search(text), _NO_FILE.search(text)
    if missing:
        return _package(missing[1], faked)
    if no_file and text.startswith(("FileNotFoundError", "NotADirectoryError")):
        return _file(no_file[1], faked)
    if _NO_DATA.search(text) and not faked:
        return ("The data set is not there; --fake-data stands in for it with random images.",)
    return ()


def _package(name: str, faked: bool) -> tuple[str, ...]:
    top = name.partition(".")[0]
    if not faked and (top in WRITTEN or quiet.known(name)):
        return (f"{name} is not installed; --fake-data stands in for it.",)
    if top == "torch" or not faked:
        return ()
    return (f"{name} is not installed and nothing stands in for it; install it, or {_SETUP}.",)


def _file(name: str, faked: bool) -> tuple[str, ...]:
    if not faked:
        known = "--fake-data stands in for images and for the data sets of packages"
        return (f"{name} is not there; if it is data, {known}; any other, {_SETUP}.",)
    return (f"{name} is not there, and --fake-data makes up images alone; {_SETUP}.",)
