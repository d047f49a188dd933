"""The signal that ends a script once enough of it was seen."""

from __future__ import annotations


class StopInspection(BaseException):
    """Raised by the recorder at the return of an optimizer's step.

    No `Exception`: a training loop that catches those, and goes on, has to let this one through.
    """
