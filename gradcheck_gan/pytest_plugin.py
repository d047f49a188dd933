"""The pytest plugin: tests under record, which tell the culprit line when they fail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Every pytest run loads this module: what it needs of the package is imported once it is used.
if TYPE_CHECKING:
    from gradcheck_gan.asserts.watched import WatchedTest
    from gradcheck_gan.results import Report

MARKER = "gradient_flow"
OPTION = "--gradient-flow-report"
TITLE = "gradient flow"

_WATCHED: Any = pytest.StashKey["WatchedTest"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck-gan")
    group.addoption(
        OPTION,
        metavar="DIR",
        help="Save report and picture of failing tests that are recorded, or that fail by "
        "assert_gradient_flow.",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}: record the test; when it fails, its report names the line where gradient "
        "was cut, zeroed or leaked.",
    )


@pytest.fixture
def gradient_flow(request: pytest.FixtureRequest) -> Iterator[WatchedTest]:
    """The record of the test from here on: `gradient_flow.report()` is what it holds so far."""
    watched = _watch(request.node)
    yield watched
    watched.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    # The older kind of wrapper: the newer one breaks every run under pytest 7.
    if item.get_closest_marker(MARKER) is None or _WATCHED in item.stash:
        yield
        return
    watched = _watch(item)
    outcome: Any = yield
    if outcome.excinfo is not None:
        watched.note_failure(outcome.excinfo[2])
    watched.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report: pytest.TestReport = outcome.get_result()
    if report.failed and call.excinfo is not None:
        _explain(item, call.excinfo, report)
    if report.when == "teardown":
        item.stash.setdefault(_WATCHED, None)
        del item.stash[_WATCHED]


def _watch(item: pytest.Item) -> WatchedTest:
    from gradcheck_gan.asserts.watched import WatchedTest

    item.stash[_WATCHED] = watched = WatchedTest(item.name)
    return watched


def _explain(
    item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException], report: pytest.TestReport
) -> None:
    watched: WatchedTest | None = item.stash.get(_WATCHED, None)
    ours = _is_ours(excinfo.value)
    observed: Report | None = getattr(excinfo.value, "report", None) if ours else None
    lines = []
    if observed is None and watched is not None:
        watched.note_failure(excinfo.tb)
        observed = watched.report()
        lines = [] if ours else [watched.told(observed)]
    if observed is not None:
        lines += _saved(item, observed)
    if lines:
        _add_section(report, "\n\n".join(lines))


def _is_ours(error: BaseException) -> bool:
    """An assertion that tells its line itself; asked by name, lest a torch-free run load us."""
    return (type(error).__module__, type(error).__name__) == ("gradcheck_gan", "GradientFlowError")


def _saved(item: pytest.Item, observed: Report) -> list[str]:
    folder = item.config.getoption(OPTION)
    if not folder:
        return []
    from gradcheck_gan.asserts.watched import save

    place = Path(item.config.invocation_params.dir, folder)
    return ["\n".join(f"wrote {path}" for path in save(observed, place, file_name(item.nodeid)))]


def file_name(nodeid: str) -> str:
    """Readable, safe on every file system, and another one for every test."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", nodeid).strip("-")
    digest = hashlib.sha1(nodeid.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{plain[-80:]}-{digest[:8]}"


def _add_section(report: pytest.TestReport, content: str) -> None:
    """Behind the traceback, where `--show-capture` does not hide it."""
    add: Any = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(TITLE, content)
    else:
        report.sections.append((TITLE, content))
