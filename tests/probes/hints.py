from __future__ import annotations

import typing
from dataclasses import dataclass, fields


@dataclass
class Settings:
    rate: float
    parent: Settings | None = None


print(typing.get_type_hints(Settings)["rate"], [field.type for field in fields(Settings)])
