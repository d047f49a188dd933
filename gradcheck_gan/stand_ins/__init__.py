"""What lets a real script run on a bare machine, entered around the whole of it."""

from __future__ import annotations

from gradcheck_gan.stand_ins.surroundings import Surroundings as Surroundings
from gradcheck_gan.stand_ins.surroundings import Wanted as Wanted
