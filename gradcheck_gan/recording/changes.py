"""What a step did to the parameters that it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gradcheck_gan.recording.entered import Entered, held_by
from gradcheck_gan.recording.states import Content

if TYPE_CHECKING:
    from gradcheck_gan.recording.recorder import Recorder


class Changes:
    """Torch counts what is written; of optimizers that hide it, a few entries are compared."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._hiding: set[int] = set()

    def contents(self, optimizer: Any) -> dict[int, Content]:
        """Versions, and where an optimizer hides its writes from torch, a few entries too."""
        recorder = self._recorder
        fused = any(group.get("fused") for group in optimizer.param_groups)
        look = fused or recorder.optimizers.identify(optimizer) in self._hiding
        held = map(recorder.adopt, held_by(optimizer))
        contents = ((i, recorder.parameters.content(i, look=look)) for i in held)
        return {identity: content for identity, content in contents if content is not None}

    def since(self, entry: Entered) -> tuple[frozenset[int], frozenset[int]]:
        """Parameters that the step changed, and those of them that torch did not notice."""
        before, now = entry.contents, self.contents(entry.optimizer)
        after = {i: content for i, content in now.items() if i in before}
        counted = {i for i in after if before[i].version != after[i].version}
        fed = {i for i, state in entry.gradients.items() if state != "none"}
        if after and fed and not counted:
            self._hiding.add(self._recorder.optimizers.identify(entry.optimizer))
        hidden = {i for i in after.keys() - counted if before[i].entries != after[i].entries}
        return frozenset(counted | hidden), frozenset(hidden)

    def outside(self, held: Iterable[int]) -> dict[int, float]:
        """How far parameters that the script clips now lie from their bounds, if they do."""
        parameters = self._recorder.parameters
        far = {p: parameters.beyond(p) for p in parameters.clipped.keys() & set(held)}
        return {p: distance for p, distance in far.items() if distance > 0.0}
