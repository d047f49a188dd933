"""Count rounds and say when recording is to end."""

from __future__ import annotations

from collections import Counter

from gradcheck_gan.outcome import StoppedBy
from gradcheck_gan.recording.keys import Key

PATIENCE = 200
"""Steps without progress after which an optimizer that never stepped is no longer awaited."""

PATIENCE_WITH_TWINS = 25
"""The same where another optimizer of the same parameters has stepped."""


class Rounds:
    """A round begins with the first step and closes when every awaited optimizer has stepped.

    Awaited in the first round is every living optimizer that holds a parameter; later, those that
    have been seen stepping and still live. Optimizers are known by a key that survives being made
    anew each round.
    """

    def __init__(self, limit: int, max_steps: int) -> None:
        self._limit = limit
        self._max_steps = max_steps
        self.closed = 0
        self.steps = 0
        self._seen: set[Key] = set()
        self._stepped: set[Key] = set()
        self._idle = Idle()
        self._since_progress = 0
        self.given_up: set[Key] = set()
        self.stop: StoppedBy | None = None

    @property
    def current(self) -> int:
        return self.closed + 1

    def alone(self) -> Key | None:
        """The one player that has stepped so far, where another is waited for."""
        players = {key.player for key in self._seen}
        return next(iter(self._seen)) if self.closed == 0 and len(players) == 1 else None

    def wait(self) -> None:
        """Count another step of the one that is alone: nobody is given up while it goes on."""
        self.steps += 1
        if self.stop is None and self.steps >= self._max_steps:
            self.stop = "max-steps"

    def put_off(self) -> None:
        """Go on for another round."""
        self._limit = self.closed + 1
        self.stop = None

    def end(self) -> None:
        self.stop = self.stop or "rounds"

    def restart(self) -> None:
        """Count from here on, as if nothing had stepped."""
        self.steps = self._since_progress = 0
        self._seen.clear()
        self._stepped.clear()

    def waited_for(self, living: set[Key]) -> set[Key]:
        if self.steps == 0:
            return set(living)
        first = self.closed == 0 and self._since_progress < PATIENCE
        awaited = (living if first else self._seen & living) - self._stepped
        if self._since_progress < PATIENCE_WITH_TWINS:
            return awaited
        players = {key.player for key in self._stepped}
        return {key for key in awaited if key.player not in players}

    def _twins_that_rest(self) -> set[Key]:
        players = {key.player for key in self._stepped}
        return {key for key in self._seen - self._stepped if key.player in players}

    def step(
        self,
        key: Key,
        living: set[Key],
        *,
        block: int = 1,
        skipped: bool = False,
        empty: bool = False,
        beside: bool = False,
    ) -> None:
        """Take note of a step; one that a gradient scaler skipped advances nothing, nor does one
        that found no gradient (`empty`) because it was another's turn. One `beside` another, made
        by the hook of the next parameter, is part of that one.

        `block` is the number of the last backward pass, 0 before the first.
        """
        if self.stop is not None:
            return
        self.steps += not beside
        idle = self._idle.note(key, block, empty=empty)
        self._stepped -= idle
        if skipped or key in idle:
            self._since_progress += not beside
        else:
            self._count(key, living, beside=beside)
        if self.closed >= self._limit:
            self.stop = "rounds"
        elif self.steps >= self._max_steps:
            self.stop = "max-steps"

    def _count(self, key: Key, living: set[Key], *, beside: bool) -> None:
        fresh = key not in self._stepped
        self._since_progress = 0 if fresh else self._since_progress + (not beside)
        self._stepped.add(key)
        self._seen.add(key)
        if self.closed == 0 and self._since_progress == PATIENCE:
            self.given_up = living - self._stepped
        if not self.waited_for(living):
            self.closed += 1
            self._seen -= self._twins_that_rest()
            self._stepped.clear()
            self._since_progress = 0


class Idle:
    """Who steps without gradient merely because all are stepped after the pass of each.

    That is seen where another one finds some after the same pass. For so many steps in a row, more
    than one player trains before the next, these count for nothing.
    """

    _AT_MOST = 12

    def __init__(self) -> None:
        self._block = -1
        self._empty: dict[Key, bool] = {}
        self._alike: set[Key] = set()
        self._in_a_row: Counter[Key] = Counter()

    def note(self, key: Key, block: int, *, empty: bool) -> set[Key]:
        """Those of the steps after the same pass that are to count for nothing."""
        if block != self._block:
            self._block, self._empty = block, {}
        self._empty[key] = empty and self._empty.get(key, True)
        if self._empty[key]:
            self._in_a_row[key] += 1
        else:
            self._in_a_row[key] = 0
        idle = {one for one, nothing in self._empty.items() if nothing}
        if len(idle) < len(self._empty) or block == 0:
            self._alike |= idle
        return {one for one in idle & self._alike if self._in_a_row[one] <= self._AT_MOST}
