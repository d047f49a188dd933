"""Weights that would be downloaded: a network that is to load them keeps its random ones."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import torch
from torch.nn.modules.module import _IncompatibleKeys
from torch.utils import model_zoo

from gradcheck_gan.stand_ins.offline import OfflineError
from gradcheck_gan.stand_ins.telling import tell


class MissingWeights(dict[str, Any]):
    """What a download gives; to load it changes nothing."""


def enter(stack: ExitStack) -> None:
    hub: Any = torch.hub
    stack.enter_context(patch.object(hub, "load_state_dict_from_url", _not_loaded))
    stack.enter_context(patch.object(hub, "download_url_to_file", _refused))
    stack.enter_context(patch.object(model_zoo, "load_url", _not_loaded))
    plain = torch.nn.Module.load_state_dict
    stack.enter_context(patch.object(torch.nn.Module, "load_state_dict", _loading(plain)))


def _not_loaded(url: str, *_: Any, **__: Any) -> MissingWeights:
    name = str(url).rpartition("/")[2]
    tell("Pretrained weights were asked for, and random ones stood in: {}.", name)
    return MissingWeights()


def _refused(url: str, *_: Any, **__: Any) -> None:
    raise OfflineError.of(url)


def _loading(plain: Any) -> Any:
    @functools.wraps(plain)
    def load_state_dict(self: torch.nn.Module, state_dict: Any, *args: Any, **options: Any) -> Any:
        if isinstance(state_dict, MissingWeights):
            return _IncompatibleKeys([], [])
        return plain(self, state_dict, *args, **options)

    return load_state_dict
