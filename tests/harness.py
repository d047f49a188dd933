"""Runs fixtures through the real pipeline, each in a forked child of a process that has torch.

python tests/harness.py [FIXTURE ...]      runs all of them, or those named, and says what differs
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tokenize
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
FRAMEWORKS = FIXTURES / "frameworks"
"""Programs that need more than torch; tests/test_frameworks.py runs them if it is there."""
ENTRY = "pipeline:inspect_anywhere"
TIMEOUT = 60.0
# What a script may import behind the first step of an optimizer: seconds, if each child pays it.
PRELOADED = ("torch", "torch._dynamo", "torch.utils.checkpoint", "gradcheck_gan.report.text")

MARK = re.compile(r"#\s*(expect|later):\s*(GG\d{3}(?:,\s*GG\d{3})*)\s*(?=#|$)")
MARK_LIKE = re.compile(r"#\s*(?:expect|later)\b")
RANKS = re.compile(r"#\s*ranks:\s*(\d+)")
OPTIONS = re.compile(r"#\s*inspect:\s*(.+)")
IMPORT = re.compile(r"^\s*(?:from|import)\s+(_\w+)", re.MULTILINE)


class Mark(NamedTuple):
    """A code on a line; `path` is relative to the project."""

    code: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.code} at {self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Fixture:
    """A program and what must be found in it; `later` may be found, `expected` must.

    `ranks` is the number of processes that it runs in, as torchrun would start them.
    """

    path: Path
    options: tuple[str, ...]
    expected: frozenset[Mark]
    later: frozenset[Mark]
    ranks: int = 1

    @property
    def name(self) -> str:
        return relative(self.path)


@dataclass(frozen=True, slots=True)
class Result:
    """What the pipeline said of a fixture, or the `error` that kept it from saying anything."""

    found: frozenset[Mark]
    text: str
    error: str | None = None


def relative(path: str | Path) -> str:
    """The path as it is written in marks, however the report wrote it."""
    absolute = (ROOT / path).resolve()
    return absolute.relative_to(ROOT).as_posix() if ROOT in absolute.parents else str(absolute)


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment; a `#` inside a string is none."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def read_marks(path: Path) -> tuple[frozenset[Mark], frozenset[Mark]]:
    """The marks `expect` and `later` of one file."""
    marks: dict[str, set[Mark]] = {"expect": set(), "later": set()}
    for line, comment in comments(path.read_text(encoding="utf-8")):
        matches = list(MARK.finditer(comment))
        if len(matches) != len(MARK_LIKE.findall(comment)):
            raise ValueError(f"{path}:{line}: cannot read the mark {comment!r}")
        for match in matches:
            codes = re.findall(r"GG\d{3}", match[2])
            marks[match[1]].update(Mark(code, relative(path), line) for code in codes)
    return frozenset(marks["expect"]), frozenset(marks["later"])


def read_options(path: Path) -> tuple[str, ...]:
    """The options in the file's first comment, if that is what it holds."""
    _, first = next(comments(path.read_text(encoding="utf-8")), (0, ""))
    match = OPTIONS.fullmatch(first)
    return tuple(shlex.split(match[1])) if match else ()


def read_ranks(path: Path) -> int:
    """The number in a comment `# ranks: 2`, or one."""
    found = (RANKS.fullmatch(text) for _, text in comments(path.read_text(encoding="utf-8")))
    return next((int(match[1]) for match in found if match), 1)


def sources(path: Path) -> list[Path]:
    """The files of a program: its folder's, or its own and the `_helper.py` it imports."""
    if path.is_dir():
        return sorted(path.rglob("*.py"))
    helpers = (path.with_name(f"{name}.py") for name in IMPORT.findall(path.read_text("utf-8")))
    return [path, *(helper for helper in helpers if helper.exists())]


def read_fixture(path: Path) -> Fixture:
    main = path / "__main__.py" if path.is_dir() else path
    marks = [read_marks(source) for source in sources(path)]
    expected = frozenset[Mark]().union(*(each[0] for each in marks))
    later = frozenset[Mark]().union(*(each[1] for each in marks))
    return Fixture(path, read_options(main), expected, later, read_ranks(main))


def programs(folder: Path = FIXTURES) -> list[Path]:
    """Every program: a folder with `__main__.py` is one, a file whose name begins with `_` none.

    Those of frameworks are listed if they are asked for.
    """
    packages = {main.parent for main in folder.rglob("__main__.py")}
    files = {
        path
        for path in folder.rglob("*.py")
        if not path.name.startswith("_")
        and packages.isdisjoint(path.parents)
        and (folder == FRAMEWORKS or FRAMEWORKS not in path.parents)
    }
    return sorted(packages | files)


def difference(fixture: Fixture, result: Result) -> str:
    """What is missed and what is unexpected, with the report; empty when all is as marked."""
    if result.error is not None:
        return f"{fixture.name} could not be judged: {result.error}\n{result.text}"
    missed = sorted(fixture.expected - result.found)
    unexpected = sorted(result.found - fixture.expected - fixture.later)
    if not missed and not unexpected:
        return ""
    lines = [f"{fixture.name}: {len(missed)} missed, {len(unexpected)} unexpected"]
    lines += [f"  missed      {mark}\n              {quoted(mark)}" for mark in missed]
    lines += [f"  unexpected  {mark}\n              {quoted(mark)}" for mark in unexpected]
    return "\n".join([*lines, "", result.text])


def quoted(mark: Mark) -> str:
    """The source line of a mark."""
    try:
        return (ROOT / mark.path).read_text(encoding="utf-8").splitlines()[mark.line - 1].strip()
    except (OSError, IndexError):
        return "(no such line)"


class Server:
    """A process with torch loaded that forks one child a fixture; use as a context."""

    def __init__(self, entry: str = ENTRY, path: Sequence[Path] = (), timeout: float = TIMEOUT):
        places = [str(place) for place in (ROOT, ROOT / "tests", *path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", entry, str(timeout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            text=True,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self.process.wait()

    def run(self, fixture: Fixture) -> Result:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        arguments = [*fixture.options, fixture.name]
        self.process.stdin.write(json.dumps([fixture.ranks, arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the fixture server ended; its own error stands above")
        return read_answer(json.loads(answer))


def read_answer(answer: dict[str, Any]) -> Result:
    findings = answer.get("findings", [])
    places = [(each["code"], each["location"]) for each in findings]
    found = frozenset(Mark(code, relative(at["path"]), at["line"]) for code, at in places)
    return Result(found, answer["text"], answer.get("error"))


def serve(entry: str, timeout: float, requests: Iterable[str], answers: IO[str]) -> None:
    """Answers each line, the arguments of one inspection, with one line."""
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    module, function = entry.split(":")
    inspect = getattr(importlib.import_module(module), function)
    for request in requests:
        ranks, arguments = json.loads(request)
        answers.write(json.dumps(answer_of(inspect, arguments, timeout, ranks)) + "\n")
        answers.flush()


def answer_of(
    inspect: Callable[..., Any], arguments: list[str], timeout: float, ranks: int = 1
) -> dict[str, Any]:
    """Forks, waits for what the child sends, and makes sure that nothing of it is left.

    Of several ranks one sends something.
    """
    deadline = time.monotonic() + timeout
    with tempfile.TemporaryFile() as errors:
        places = as_ranks(ranks)
        children = [forked(inspect, arguments, errors.fileno(), place) for place in places]
        received = [receive(reader, deadline) for _, reader in children]
        for child, _ in children:
            end(child)
        errors.seek(0)
        printed = errors.read().decode(errors="replace")
    if None in received:
        return {"error": f"no report within {timeout:g} s", "text": printed}
    answers = [json.loads(each) for each in received if each]
    if not answers:
        return {"error": "the process ended without a report", "text": printed}
    if len(answers) > 1:
        return {"error": f"{len(answers)} reports were made, not one", "text": printed}
    answer: dict[str, Any] = answers[0]
    return answer


def as_ranks(count: int) -> list[dict[str, str]]:
    """What torchrun would tell each process; nothing, where there is one."""
    if count == 1:
        return [{}]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    sizes = {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
    numbers = map(str, range(count))
    return [{**shared, **sizes, "RANK": rank, "LOCAL_RANK": rank} for rank in numbers]


def forked(
    inspect: Callable[..., Any], arguments: list[str], errors: int, place: dict[str, str]
) -> tuple[int, int]:
    """A child that inspects, and where it sends what it found."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.environ.update(place)
        run_child(inspect, arguments, writer, errors)
    os.close(writer)
    return child, reader


def end(child: int) -> None:
    for kill in (os.killpg, os.kill):  # the child may not lead its group yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def receive(reader: int, deadline: float) -> bytes | None:
    """Everything until the other end closes, None when that takes too long."""
    received = b""
    with open(reader, "rb", buffering=0) as stream:
        while select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = stream.read(65536)
            if not part:
                return received
            received += part
    return None


def run_child(
    inspect: Callable[..., Any], arguments: list[str], writer: int, errors: int
) -> NoReturn:
    """Inspects with standard streams of its own and sends the outcome; never returns."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor, target in ((0, nothing), (1, nothing), (2, errors)):
        os.dup2(target, descriptor)
    sys.stdin = io.StringIO()
    try:
        if "RANK" in os.environ:
            # The process may end before this returns, and one of several has something to tell.
            inspect(arguments, lambda report: tell(writer, answered(report)))
        else:
            tell(writer, answered(inspect(arguments)))
    except BaseException:
        tell(writer, {"error": "the pipeline raised", "text": traceback.format_exc()})
    os._exit(0)


def answered(report: Any) -> dict[str, Any]:
    findings = [asdict(finding) for finding in report.findings]
    return {"findings": findings, "text": rendered(report)}


def tell(writer: int, answer: dict[str, Any]) -> None:
    sent = json.dumps(answer, default=str).encode()
    while sent:
        sent = sent[os.write(writer, sent) :]


def rendered(report: Any) -> str:
    """The text report; a failure to render must not hide what was found."""
    try:
        from gradcheck_gan.report import text

        return text.render(report, root=ROOT)
    except Exception:
        return f"{traceback.format_exc()}\n{report.findings}"


def main(names: list[str]) -> int:
    paths = [Path(name).resolve() for name in names] or programs()
    with Server() as server:
        fixtures = [read_fixture(path) for path in paths]
        differences = [difference(fixture, server.run(fixture)) for fixture in fixtures]
    wrong = [each for each in differences if each]
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} of {len(paths)} fixtures differ\n"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], float(sys.argv[3]), sys.stdin, sys.stdout)
    else:
        sys.exit(main(sys.argv[1:]))
