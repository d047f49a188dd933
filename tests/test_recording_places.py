"""Where things are in the user's source, and the small tables that the recorder rests on."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

import pytest
import torch
from sketch_script import record

from gradcheck_gan.recording import frames
from gradcheck_gan.recording.frames import Locator, line_of, user_chain, user_frame, user_place
from gradcheck_gan.recording.sources import construction_line
from gradcheck_gan.run import Location

NEEDS_COLUMNS = pytest.mark.skipif(sys.version_info < (3, 11), reason="no columns before 3.11")


def place_in(folder: Path, source: str, name: str = "train.py") -> tuple[CodeType, int]:
    """The place that runs when the script in `source` calls `here()`."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source.encode())
    found: list[tuple[CodeType, int]] = []

    def here(*_: object) -> None:
        frame = sys._getframe(1)
        found.append((frame.f_code, frame.f_lasti))

    exec(compile(source.encode(), str(path), "exec"), {"here": here})
    return found[0]


def text_at(source: str, location: Location) -> str:
    """What stands between the columns, counted in characters from 1."""
    assert location.column is not None
    assert location.end_column is not None
    assert location.line == location.end_line
    return source.splitlines()[location.line - 1][location.column - 1 : location.end_column - 1]


@NEEDS_COLUMNS
@pytest.mark.parametrize(
    "source",
    [
        "x = here()\n",
        "x = 'größe', 'λ→∞', here()\n",
        "x = '😀😀', [here(1, 'ß')][0]; y = 2\n",
        "# coding: utf-8\nnaïve = 'é'; здесь = here()\n",
    ],
)
def test_columns_are_characters(tmp_path: Path, source: str) -> None:
    location = Locator(str(tmp_path)).at(place_in(tmp_path, source))
    assert location is not None
    assert text_at(source, location).startswith("here(")
    assert text_at(source, location).endswith(")")


@NEEDS_COLUMNS
def test_a_call_over_several_lines_ends_on_its_last(tmp_path: Path) -> None:
    source = "x = [\n    '😀', here(\n        1,\n        'ä'), 3]\n"
    location = Locator(str(tmp_path)).at(place_in(tmp_path, source))
    assert location is not None
    assert (location.line, location.column) == (2, 10)
    assert (location.end_line, location.end_column) == (4, 13)


def test_before_python_3_11_there_are_lines_and_no_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_in(tmp_path, "x = 1\ndef f():\n    here()\nf()\n")
    monkeypatch.setattr(sys, "version_info", (3, 10, 14))
    assert Locator(str(tmp_path)).at(place) == Location("train.py", 3, function="f")


def test_a_line_is_that_of_the_instruction() -> None:
    def f() -> tuple[FrameType, int]:
        frame = sys._getframe()
        return frame, frame.f_lasti

    frame, offset = f()
    assert line_of(frame.f_code, offset) == f.__code__.co_firstlineno + 2


def test_code_whose_source_is_gone_still_has_a_place(tmp_path: Path) -> None:
    place = place_in(tmp_path, "x = 'ä', here()\n")
    (tmp_path / "train.py").unlink()
    frames.read_source.cache_clear()
    location = Locator(str(tmp_path)).at(place)
    assert location is not None
    assert (location.path, location.line) == ("train.py", 1)


def test_paths_are_relative_inside_the_start_folder_and_absolute_outside(tmp_path: Path) -> None:
    inside = place_in(tmp_path / "start", "here()\n", "models/net.py")
    outside = place_in(tmp_path, "here()\n", "startling/other.py")
    locator = Locator(str(tmp_path / "start"))
    first, second = locator.at(inside), locator.at(outside)
    assert first is not None
    assert second is not None
    assert first.path == "models/net.py"
    assert second.path == (tmp_path / "startling" / "other.py").resolve().as_posix()


def test_a_linked_start_folder_is_the_folder_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    place = place_in(tmp_path / "link", "here()\n")
    location = Locator(str(tmp_path / "real")).at(place)
    assert location is not None
    assert location.path == "train.py"


def test_no_place_has_no_location(tmp_path: Path) -> None:
    assert Locator(str(tmp_path)).at(None) is None


def frame_in(filename: str) -> FrameType:
    """A frame of a function of that file, called from here."""
    scope = {"sys": sys}
    exec(compile("def f():\n    return sys._getframe()\n", filename, "exec"), scope)
    frame: FrameType = scope["f"]()  # type: ignore[operator]
    return frame


@pytest.mark.parametrize(
    "filename",
    [
        str(Path(torch.__file__).parent / "nn" / "functional.py"),
        str(Path(sysconfig.get_path("stdlib")) / "functools.py"),
        str(Path(frames.__file__).parent / "mode.py"),
        "/usr/lib/python3/dist-packages/thing.py",
        "<string>",
        "<frozen runpy>",
    ],
)
def test_frames_of_libraries_are_passed_over(filename: str) -> None:
    code = frame_in(filename).f_code
    calling = SimpleNamespace(f_code=code, f_lasti=0, f_back=sys._getframe())
    assert user_frame(calling) is sys._getframe()  # type: ignore[arg-type]


@pytest.mark.parametrize("filename", ["/data/torch/train.py", "/data/lib/gan.py"])
def test_frames_of_the_user_are_found(filename: str) -> None:
    frame = frame_in(filename)
    assert user_frame(frame) is frame
    assert user_place(frame) == (frame.f_code, frame.f_lasti)


def test_the_chain_names_every_user_frame_innermost_first() -> None:
    def inner() -> tuple[tuple[CodeType, int], ...]:
        return user_chain(sys._getframe())

    def outer() -> tuple[tuple[CodeType, int], ...]:
        return inner()

    names = [code.co_name for code, _ in outer()]
    assert names[:3] == ["inner", "outer", sys._getframe().f_code.co_name]
    assert len(user_chain(sys._getframe(), 1)) == 1
    assert user_place(None) is None
    assert user_chain(None) == ()


def test_events_stand_at_the_user_s_line_not_the_library_s() -> None:
    recorded = record(
        """
        gan = nn.Sequential(G, nn.Tanh(), D)
        F.mse_loss(gan(z), torch.ones(4, 1)).backward()  #: here
        nn.utils.clip_grad_norm_(D.parameters(), 1.0)
        optD.step()
        """,
        players=True,
    )
    location = recorded.passes[0].location
    assert location is not None
    assert location.line == recorded.marks["here"]
    made = [value for value in recorded.run.values.values() if value.kind == "op" and value.inputs]
    assert {v.location.line for v in made if v.location} == {recorded.marks["here"]}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import torch\nx = 1\ny = torch.FloatTensor([x])\n", 3),
        ("from torch import LongTensor\ny = LongTensor(list(range(3)))\n", 2),
        ("import torch\ny = torch.FloatTensor(3, 2)\n", None),
        ("import torch\na = torch.FloatTensor(b)\nc = torch.IntTensor(d)\n", None),
        ("import torch\ny = torch.zeros(3)\n", None),
    ],
)
def test_the_only_legacy_constructor_of_a_file_is_found(
    tmp_path: Path, source: str, line: int | None
) -> None:
    path = tmp_path / "script.py"
    path.write_text(source)
    assert construction_line(compile(source, str(path), "exec")) == line


WARNS = """
import torch, warnings
x = torch.ones(2)
with warnings.catch_warnings(record=True) as shown:
    warnings.simplefilter({action!r})
    for _ in range(2):
        y = torch.tensor(x)  #: warns
        z = x.new_tensor(x)  #: also
places = [(each.filename, each.lineno) for each in shown]
file = __file__
"""


@pytest.mark.parametrize(("action", "times"), [("always", 4), ("default", 2), ("once", None)])
def test_a_warning_of_torch_s_is_shown_where_the_user_called(action: str, times: int) -> None:
    source = WARNS.format(action=action)
    plain: dict[str, Any] = {"__file__": "script.py"}
    exec(compile(source, "script.py", "exec"), plain)
    recorded = record(source)
    lines = [line for _, line in recorded.scope["places"]]
    assert lines == [line for _, line in plain["places"]]
    assert {file for file, _ in recorded.scope["places"]} == {recorded.scope["file"]}
    if times is not None:
        assert lines == ([recorded.marks["warns"], recorded.marks["also"]] * 2)[:times]


def test_a_warning_of_the_user_s_own_keeps_its_place() -> None:
    recorded = record(
        """
        import warnings
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            warnings.warn("careful")  #: warns
        places = [each.lineno for each in shown]
        """
    )
    assert recorded.scope["places"] == [recorded.marks["warns"]]
