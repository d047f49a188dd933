"""Output files are replaced whole or not at all; the terminal gets what it can show."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gradcheck_gan import output


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    old = tmp_path / "a.txt"
    old.write_text("old")
    with pytest.raises(output.TargetError, match="could not be written"):
        fill_the_disk(output.report_target(str(old)))
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def fill_the_disk(target: output.Target) -> None:
    with output.replacing(target) as path:
        path.write_text("half")
        raise OSError(28, "No space left on device")


def test_link_is_kept_and_its_file_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    output.write(output.report_target(str(tmp_path / "link.txt")), "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_color_is_decided_by_option_then_environment_then_terminal(
    choice: output.ColorChoice, environment: dict[str, str], terminal: bool, colored: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert output.colored(choice, stream, environment) is colored


def test_terminal_that_cannot_show_a_character_gets_its_number() -> None:
    screen = io.BytesIO()
    stream = io.TextIOWrapper(screen, encoding="ascii")
    output.say(stream, "gän\n")
    assert screen.getvalue() == b"g\\xe4n\n"
    stream.close()
    output.say(stream, "a closed stream is no error")
    output.say(None, "nor is a missing one")
    assert not output.colored("auto", None, {})
    assert output.width(None) == output.WIDTH
