"""Output files are replaced whole or not at all."""

from __future__ import annotations

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
