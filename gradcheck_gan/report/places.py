"""Where a finding stands, for services that look at a repository: its path and its fingerprint."""

from __future__ import annotations

import hashlib
import linecache
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from gradcheck_gan.cells import line_in_file
from gradcheck_gan.finding import Finding
from gradcheck_gan.report.excerpt import source_line
from gradcheck_gan.run import Location

CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Variables in which continuous integration says where it checked the repository out."""


def repository_path(
    location: Location, root: Path, environment: Mapping[str, str] = os.environ
) -> str:
    """The path from the top of the checkout where that is known, else from `root`.

    Services show annotations at paths of the repository, and a job may run in a folder of it.
    """
    if PurePosixPath(location.path).is_absolute() or Path(location.path).is_absolute():
        return location.path
    for variable in CHECKOUTS:
        top = environment.get(variable)
        if top and (inside := _within(root, Path(top))) is not None:
            return (inside / location.path).as_posix()
    return location.path


def in_file(location: Location, root: Path) -> Location:
    """The place in the text of the file: services know nothing of the cells of a notebook."""
    if location.cell is None:
        return location
    text = "".join(linecache.getlines(str(root / location.path)))
    first = line_in_file(text, location.cell, location.line)
    last = line_in_file(text, location.cell, location.end_line or location.line)
    return Location(location.path, first, end_line=max(first, last), function=location.function)


def _within(folder: Path, top: Path) -> Path | None:
    try:
        return folder.resolve().relative_to(top.resolve())
    except (OSError, ValueError):
        return None


def fingerprints(findings: Iterable[Finding], root: Path) -> list[str]:
    """For each finding what stays the same when lines are added above it: 32 hex digits.

    Made of the rule, the file, the text of its line without spaces, and the player; findings that
    agree in all of it are numbered.
    """
    seen: Counter[str] = Counter()
    made = []
    for finding in findings:
        place = finding.location
        line = "".join(source_line(place, root).split()) or (place.function or "")
        known = "\0".join((finding.code, place.file, line, finding.player or ""))
        seen[known] += 1
        text = f"{known}\0{seen[known]}"
        made.append(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32])
    return made
