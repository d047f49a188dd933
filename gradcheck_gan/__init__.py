"""Find the line where a GAN's gradient goes wrong."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck_gan.results import GradientFlowError as GradientFlowError
    from gradcheck_gan.results import Report as Report
    from gradcheck_gan.showing import draw as draw
    from gradcheck_gan.testing import assert_gradient_flow as assert_gradient_flow
    from gradcheck_gan.testing import assert_no_gradient_flow as assert_no_gradient_flow
    from gradcheck_gan.testing import inspect_step as inspect_step
    from gradcheck_gan.watching import watch as watch

__version__ = "0.1.0"

_HOMES = {"GradientFlowError": "results", "Report": "results", "draw": "showing"}
_HOMES |= dict.fromkeys(("assert_gradient_flow", "assert_no_gradient_flow"), "testing")
_HOMES |= {"inspect_step": "testing", "watch": "watching"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
