"""What fetches and unpacks: nothing is, and nothing has to be."""

from __future__ import annotations

from typing import Any

from gradcheck_gan.stand_ins.offline import OfflineError


def download_url(url: str, *_: Any, **__: Any) -> None:
    raise OfflineError.of(url)


def download_and_extract_archive(url: str, *_: Any, **__: Any) -> None:
    raise OfflineError.of(url)


def download_file_from_google_drive(file_id: str, *_: Any, **__: Any) -> None:
    raise OfflineError.of(file_id)


def extract_archive(from_path: Any, to_path: Any = None, remove_finished: bool = False) -> Any:
    return to_path


def check_integrity(fpath: Any, md5: str | None = None) -> bool:
    import os

    return os.path.isfile(fpath)


def list_dir(root: Any, prefix: bool = False) -> list[str]:
    import os

    names = [name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))]
    return [os.path.join(root, name) for name in names] if prefix else names
