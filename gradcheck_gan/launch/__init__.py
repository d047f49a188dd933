"""Run a script, a folder, a zip archive or a module as plain python would run it."""

from __future__ import annotations

from gradcheck_gan.launch.preparing import Prepared as Prepared
from gradcheck_gan.launch.preparing import Target as Target
from gradcheck_gan.launch.preparing import UsageError as UsageError
from gradcheck_gan.launch.preparing import prepare as prepare
from gradcheck_gan.launch.running import run as run
