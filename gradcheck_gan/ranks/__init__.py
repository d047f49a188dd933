"""Several processes that train together: one stop, one report, one exit status."""

from __future__ import annotations
