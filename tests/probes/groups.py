"""Errors within errors, one of them linked to itself through its context."""
import sys


def fail():
    raise ValueError("first")


try:
    fail()
except ValueError as first:
    if sys.version_info >= (3, 11):
        raise ExceptionGroup("several", [first, OSError("second")])
    raise
