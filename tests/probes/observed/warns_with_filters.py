"""Filters of the script's own: by action, text and module, and other ways to show a warning."""

import itertools
import logging
import sys
import warnings

import torch
from _gan import update

x = torch.ones(1, requires_grad=True)


def provoke(label):
    print(label, file=sys.stderr)
    try:
        float(x)
        (x * 2).grad
        torch.nn.functional.softmax(torch.ones(2, 2))
        torch.nn.functional.sigmoid(x)
    except Warning as warning:
        print("raised", warning, warning.__traceback__.tb_lineno, file=sys.stderr)


def show(message, category, filename, lineno, file=None, line=None):
    print("shown", message, category, filename, lineno, line, file=sys.stderr)


update()
actions = ("ignore", "default", "error", "always", "once", "module")
for first, other in itertools.product(actions, actions[:4]):
    for module in ("__main__", r"torch\.nn\.functional"):
        with warnings.catch_warnings():
            warnings.simplefilter(other)
            warnings.filterwarnings(first, module=f"{module}$")
            provoke(f"{first} in {module}, else {other}")
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=".*scalar|.*leaf")
    provoke("by text")
warnings.simplefilter("always")
for name, replacement in (("showwarning", show), ("formatwarning", lambda *a, **k: f"{a} {k}\n")):
    original = getattr(warnings, name)
    setattr(warnings, name, replacement)
    provoke(name)
    setattr(warnings, name, original)
logging.basicConfig(format="%(name)s %(message)s")
logging.captureWarnings(True)
provoke("logging")
logging.captureWarnings(False)
torch.set_warn_always(True)
provoke("always")
warnings.resetwarnings()
provoke("reset")
print(sorted(map(str, __warningregistry__)), warnings.filters)
