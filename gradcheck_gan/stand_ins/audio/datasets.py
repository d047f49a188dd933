"""Sets of recordings, each with what its name promises to say of them."""

from __future__ import annotations

from typing import Any

from torch.utils.data import Dataset

from gradcheck_gan.stand_ins.telling import tell

from .files import sound

LENGTH = 200
_SAID = "the quiet river stands near an old house"
_COMMANDS = "yes no up down left right on off stop go".split()


class Recordings(Dataset[Any]):
    """Rows of a sound, its rate and more."""

    _rate = 16000
    _extra: tuple[Any, ...] = ()

    def __init__(self, root: Any = None, *args: Any, **kwargs: Any) -> None:
        tell("Made up, small and random: {}.", type(self).__name__)

    def __len__(self) -> int:
        return LENGTH

    def __getitem__(self, n: int) -> tuple[Any, ...]:
        n = range(LENGTH)[n]
        return (sound(n, self._rate), self._rate, *self._row(n))

    def _row(self, n: int) -> tuple[Any, ...]:
        return self._extra


class SPEECHCOMMANDS(Recordings):
    def _row(self, n: int) -> tuple[Any, ...]:
        return _COMMANDS[n % len(_COMMANDS)], f"speaker{n % 20}", n // 20


class YESNO(Recordings):
    _rate = 8000

    def _row(self, n: int) -> tuple[Any, ...]:
        return ([n >> bit & 1 for bit in range(8)],)


class LJSPEECH(Recordings):
    _rate = 22050
    _extra = (_SAID, _SAID)


class LIBRISPEECH(Recordings):
    def _row(self, n: int) -> tuple[Any, ...]:
        return _SAID.upper(), n % 20, n % 5, n


class LIBRITTS(Recordings):
    _rate = 24000

    def _row(self, n: int) -> tuple[Any, ...]:
        return _SAID, _SAID, n % 20, n % 5, f"{n}"


class VCTK_092(Recordings):  # noqa: N801  # torchaudio's name
    _rate = 48000

    def _row(self, n: int) -> tuple[Any, ...]:
        return _SAID, f"p{n % 20}", f"{n}"


class GTZAN(Recordings):
    _rate = 22050

    def _row(self, n: int) -> tuple[Any, ...]:
        return (("blues", "classical", "jazz", "rock")[n % 4],)


class CMUARCTIC(Recordings):
    def _row(self, n: int) -> tuple[Any, ...]:
        return _SAID, f"{n}"


KINDS = {
    kind.__name__: kind
    for kind in (SPEECHCOMMANDS, YESNO, LJSPEECH, LIBRISPEECH, LIBRITTS, VCTK_092, GTZAN, CMUARCTIC)
}
