"""Count rounds and say when recording is to end."""

from __future__ import annotations

from typing import Literal

from gradcheck_gan.recording.keys import Key

Reason = Literal["rounds", "max-steps", "timeout"]

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
        self._since_progress = 0
        self.given_up: set[Key] = set()
        self.stop: Reason | None = None

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

    def step(self, key: Key, living: set[Key], *, skipped: bool) -> None:
        """Take note of a step; one that a gradient scaler skipped advances nothing."""
        if self.stop is not None:
            return
        self.steps += 1
        if not skipped:
            fresh = key not in self._stepped
            self._since_progress = 0 if fresh else self._since_progress + 1
            self._stepped.add(key)
            self._seen.add(key)
            if self.closed == 0 and self._since_progress == PATIENCE:
                self.given_up = living - self._stepped
            if not self.waited_for(living):
                self.closed += 1
                self._seen -= self._twins_that_rest()
                self._stepped.clear()
                self._since_progress = 0
        else:
            self._since_progress += 1
        if self.closed >= self._limit:
            self.stop = "rounds"
        elif self.steps >= self._max_steps:
            self.stop = "max-steps"
