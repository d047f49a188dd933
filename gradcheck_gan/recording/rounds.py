"""Count rounds and say when recording is to end."""

from __future__ import annotations

from typing import Literal

Reason = Literal["rounds", "max-steps", "timeout"]

PATIENCE = 200
"""Steps without progress after which an optimizer that never stepped is no longer awaited."""


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
        self._seen: set[str] = set()
        self._stepped: set[str] = set()
        self._since_progress = 0
        self.given_up: set[str] = set()
        self.stop: Reason | None = None

    @property
    def current(self) -> int:
        return self.closed + 1

    def alone(self) -> str | None:
        """The one optimizer that has stepped so far, where another is waited for."""
        return next(iter(self._seen)) if self.closed == 0 and len(self._seen) == 1 else None

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

    def waited_for(self, living: set[str]) -> set[str]:
        if self.steps == 0:
            return set(living)
        if self.closed == 0 and self._since_progress < PATIENCE:
            return living - self._stepped
        return (self._seen & living) - self._stepped

    def step(self, key: str, living: set[str], *, skipped: bool) -> None:
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
                self._stepped.clear()
                self._since_progress = 0
        else:
            self._since_progress += 1
        if self.closed >= self._limit:
            self.stop = "rounds"
        elif self.steps >= self._max_steps:
            self.stop = "max-steps"
