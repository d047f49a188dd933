"""The terminal gets what it can show, in colour where that is wanted."""

from __future__ import annotations

import io

import pytest

from gradcheck_gan import terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environment", "is_terminal", "colored"),
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
    choice: terminal.ColorChoice, environment: dict[str, str], is_terminal: bool, colored: bool
) -> None:
    stream = Terminal() if is_terminal else io.StringIO()
    assert terminal.colored(choice, stream, environment) is colored


def test_terminal_that_cannot_show_a_character_gets_its_number() -> None:
    screen = io.BytesIO()
    stream = io.TextIOWrapper(screen, encoding="ascii")
    terminal.say(stream, "gän\n")
    assert screen.getvalue() == b"g\\xe4n\n"
    stream.close()
    terminal.say(stream, "a closed stream is no error")
    terminal.say(None, "nor is a missing one")
    assert not terminal.colored("auto", None, {})
    assert terminal.width(None) == terminal.WIDTH
