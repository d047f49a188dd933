"""Which public programs are run, from which commit, with what arguments and data."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.real import data

_LIST = Path(__file__).with_name("programs.json")


@dataclass(frozen=True)
class Program:
    """A script of a repository; `folder` is where it starts, `files` are written beside it.

    Shims: `old` brings back habits of torch 0.3, any other is a name that the script forgot to
    define. `steps` is how many the ledger waits for. Told by whoever read
    the script: `discriminators` are the optimizers of discriminators, `faults` the codes of errors
    and warnings that are true of it.
    """

    name: str
    repository: str
    folder: str
    argv: list[str]
    remark: str
    discriminators: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    shims: list[str] = field(default_factory=list)
    steps: int = 12
    data: list[list[Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def load() -> tuple[list[Program], dict[str, str]]:
    """The programs, and the commit of each repository that they were tried on."""
    document = json.loads(_LIST.read_text(encoding="utf-8"))
    return [Program(**entry) for entry in document["programs"]], document["repositories"]


def checkout(repository: str, folders: list[Path]) -> Path | None:
    """A folder given, or inside one given: `owner/name`, `owner+name`, `owner-name` or `name`."""
    owner, name = repository.split("/")
    for folder in folders:
        if folder.name in (name, f"{owner}+{name}", f"{owner}-{name}"):
            return folder
        for spelling in (repository, f"{owner}+{name}", f"{owner}-{name}", name):
            if (folder / spelling).is_dir():
                return folder / spelling
    return None


def commit_of(folder: Path) -> str | None:
    """`None` where it is no repository of its own."""
    if not (folder / ".git").exists():
        return None
    argv = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def prepare(program: Program, source: Path, work: Path) -> Path:
    """Copy the checkout, since scripts write into it; give the folder where the script starts."""
    copy = work / program.repository.replace("/", "+")
    if not copy.exists():
        shutil.copytree(source, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    for kind, path, *figures in program.data:
        data.MAKERS[kind](copy / path, *figures)
    for name, text in program.files.items():
        (copy / name).write_text(text, encoding="utf-8")
    return copy / program.folder
