"""Steps that hooks of the script make while a backward pass runs, for one parameter or a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from gradcheck_gan.recording.states import is_hooked
from gradcheck_gan.run import Step

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class Inside:
    """Such a step is told of behind its pass; there, too, the script may be stopped."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._made: list[tuple[Any, Step]] = []
        self.any = False

    def account(self, held: list[torch.Tensor]) -> None:
        """A hook of the script's may step on a gradient before ours has seen it arrive."""
        parameters, running = self._recorder.parameters, self._recorder.engine.running
        if running is None:
            return
        for parameter in held:
            identity = parameters.known(parameter)
            if identity is not None and identity not in running.deposits:
                parameters.account(identity, parameter)

    def keep(self, optimizer: Any, event: Step) -> None:
        self._made.append((optimizer, event))
        self.any = True

    def end(self) -> Any:
        """The pass is over; who was stepped last in it."""
        made, self._made = self._made, []
        self._recorder.parameters.accounted.clear()
        if not made:
            return None
        with self._recorder.keys.kept():
            for number, (optimizer, event) in enumerate(made):
                self._recorder.optimizer_stepped(optimizer, event, beside=number > 0)
        return made[-1][0]

    def hooked(self) -> frozenset[int]:
        """Optimizers whose every parameter has a hook of the script's that runs when its gradient
        is there."""
        recorder = self._recorder
        held = ((i, recorder.optimizers.held(o)) for o, i in recorder.optimizers.items())
        return frozenset(i for i, tensors in held if tensors and all(map(is_hooked, tensors)))
