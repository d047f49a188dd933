"""Find the line where a GAN's gradient goes wrong."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck_gan.results import GradientFlowError, Report
    from gradcheck_gan.testing import assert_gradient_flow, assert_no_gradient_flow, inspect_step

__version__ = "0.1.0"

_HOMES = {
    "GradientFlowError": "results",
    "Report": "results",
    "assert_gradient_flow": "testing",
    "assert_no_gradient_flow": "testing",
    "inspect_step": "testing",
}
__all__ = [
    "GradientFlowError",
    "Report",
    "__version__",
    "assert_gradient_flow",
    "assert_no_gradient_flow",
    "inspect_step",
]


def __getattr__(name: str) -> Any:
    # What a command does not use, it does not load.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
