"""Inspects the shipped faulty GAN and checks that its planted fault, and nothing else, is found."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = "examples/demo/train.py"


def planted(source: str) -> list[tuple[str, int]]:
    """Codes and lines of the `# expect: CODE` marks."""
    marks = (
        (number, re.search(r"# expect: ([A-Z0-9, ]+)$", line))
        for number, line in enumerate(source.splitlines(), start=1)
    )
    return sorted((code, number) for number, mark in marks if mark for code in mark[1].split(", "))


def found(report: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted(
        (
            finding["code"],
            finding["location"]["line"] if finding["location"]["path"] == TARGET else 0,
        )
        for finding in report["findings"]
    )


def console_script() -> str:
    """The installed command beside this interpreter; an inactive environment is not on PATH."""
    command = shutil.which("gradcheck-gan", path=sysconfig.get_path("scripts"))
    if command is None:
        sys.exit("gradcheck-gan is not installed here: run `make demo`, or `pip install .` first.")
    return command


def inspect(reports: list[Path], picture: Path) -> subprocess.CompletedProcess[str]:
    for file in (*reports, picture):
        file.unlink(missing_ok=True)
    options = [word for file in reports for word in ("-o", str(file))] + ["--graph", str(picture)]
    return subprocess.run(
        [console_script(), "inspect", *options, TARGET],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/demo"))
    folder = parser.parse_args().output.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    reports = [folder / f"report.{kind}" for kind in ("txt", "json", "html")]
    files = [*reports, folder / "graph.svg"]

    run = inspect(reports, files[-1])
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        print(run.stdout, run.stderr, sep="", end="", file=sys.stderr)
        print(f"The demo failed: not written: {', '.join(missing)}.", file=sys.stderr)
        return 1

    print(files[0].read_text(encoding="utf-8"))
    for file in files:
        print(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)

    wanted = planted((ROOT / TARGET).read_text(encoding="utf-8"))
    got = found(json.loads(files[1].read_text(encoding="utf-8")))
    if got != wanted or run.returncode != 1:
        print(
            f"The demo failed: planted {wanted}, found {got}, exit status {run.returncode}.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
