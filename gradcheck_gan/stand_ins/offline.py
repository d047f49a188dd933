"""Nothing is downloaded: a connection to another machine is refused before it is made."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

_NEAR = ("localhost", "127.", "::1", "0.0.0.0", "")


class OfflineError(ConnectionError):
    """Something was to be fetched."""

    @classmethod
    def of(cls, what: object) -> OfflineError:
        return cls(
            f"{what} is not fetched: with --fake-data nothing is downloaded; let a --setup FILE "
            "make what the script downloads, or leave the option out."
        )


def enter(stack: ExitStack) -> None:
    """Refuse to connect, and to look up other machines by name."""
    for name in ("connect", "connect_ex"):
        plain = getattr(socket.socket, name)
        stack.enter_context(patch.object(socket.socket, name, _connecting(plain)))
    for name in ("getaddrinfo", "gethostbyname"):
        stack.enter_context(patch.object(socket, name, _looking_up(getattr(socket, name))))


def _connecting(plain: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any, /) -> Any:
        if isinstance(address, tuple):
            _refuse_if_far(address[0])
        return plain(self, address)

    return connect


def _looking_up(plain: Callable[..., Any]) -> Callable[..., Any]:
    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_if_far(host)
        return plain(host, *args, **kwargs)

    return look_up


def _refuse_if_far(host: Any) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name in (*_NEAR, socket.gethostname()) or str(name).startswith("127."):
        return
    raise OfflineError.of(name)
