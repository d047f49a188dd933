"""The table in pyproject.toml: where it is found, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck_gan.config import Config, ConfigError, check_keys, find

TABLE = "[tool.gradcheck-gan]\nrounds = 3\n"


def test_the_nearest_file_that_has_the_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(TABLE)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nrounds = 5\n")
    assert find(inner) == Config({"rounds": 3}, tmp_path)


def test_without_a_table_there_are_no_options(tmp_path: Path) -> None:
    assert find(tmp_path).options == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [("[tool", "no valid TOML"), ("[tool]\ngradcheck-gan = 1\n", "is no table"), ("\xff", "TOML")],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=told):
        find(tmp_path)


def test_an_unknown_key_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    config = Config({"round": 3}, tmp_path)
    with pytest.raises(ConfigError, match=r"unknown key 'round'; did you mean 'rounds'\?"):
        check_keys(config, ("rounds", "max-steps"))
    with pytest.raises(ConfigError, match=r"known: rounds, max-steps\."):
        check_keys(Config({"xyz": 3}, tmp_path), ("rounds", "max-steps"))
