"""From a running script to a `Run`: the only code that imports torch."""

from __future__ import annotations

from gradcheck_gan.recording.recorder import Recorder as Recorder
