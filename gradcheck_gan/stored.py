"""A recorded run as a file: recorded once, judged then, rendered as often as wanted."""

from __future__ import annotations

import json
import linecache
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gradcheck_gan.finding import Report
from gradcheck_gan.ignores import Ignore
from gradcheck_gan.report.excerpt import MOST_LINES
from gradcheck_gan.run import Backward, Freeze, Run, Step, Write

FORMAT = 1
_EVENTS = {kind.__name__.lower(): kind for kind in (Backward, Step, Write, Freeze)}


class StoredError(Exception):
    """A file that is no run, told in one sentence."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """`report` was made with every rule; `sources` holds the cited lines by path and number."""

    run: Run
    report: Report
    ignores: tuple[Ignore, ...] = ()
    sources: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


def dump(stored: StoredRun) -> str:
    """One JSON object, in ASCII, with a newline at its end."""
    document = {"format": FORMAT, "kind": "run", **encoded(stored)}
    return json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n"


def load(text: str, name: str) -> StoredRun:
    """What `dump` wrote. Raises `StoredError`, which calls the file `name`."""
    try:
        document = json.loads(text)
        kind = document.pop("kind")
        version = document.pop("format")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoredError(_refusal(name)) from error
    if kind != "run":
        raise StoredError(_refusal(name))
    if version != FORMAT:
        raise StoredError(
            f"{name!r} is a run of format {version}, and this version reads format {FORMAT}; "
            "record it anew with `inspect --save-run`."
        )
    try:
        stored: StoredRun = decoded(StoredRun, document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoredError(_refusal(name)) from error
    return stored


def _refusal(name: str) -> str:
    return f"{name!r} is no recorded run; record one with `inspect --save-run FILE`."


def cited(report: Report, root: Path) -> dict[str, dict[int, str]]:
    """The source lines that a rendered report shows."""
    places = [place for finding in report.findings for place in finding.places]
    sources: dict[str, dict[int, str]] = {}
    for place in places:
        try:
            lines = linecache.getlines(str(root / place.file))
        except ValueError:  # no file can be called so
            continue
        last = min(place.end_line or place.line, place.line + MOST_LINES - 1)
        for number in range(place.line, min(last, len(lines)) + 1):
            sources.setdefault(place.file, {})[number] = lines[number - 1].rstrip("\r\n")
    return sources


def restore_sources(stored: StoredRun, root: Path) -> None:
    """Let this process read the lines as they were, whatever the files hold by now."""
    for path, lines in stored.sources.items():
        text = [lines.get(number, "") + "\n" for number in range(1, max(lines, default=0) + 1)]
        linecache.cache[str(root / path)] = (sum(map(len, text)), None, text, path)


def encoded(thing: Any) -> Any:
    """Frozen data as JSON can carry it; `decoded` with the type of it gives it back."""
    if is_dataclass(thing) and not isinstance(thing, type):
        held = {f.name: getattr(thing, f.name) for f in fields(thing)}
        return {
            **({"event": type(thing).__name__.lower()} if type(thing) in _EVENTS.values() else {}),
            **{f.name: encoded(held[f.name]) for f in fields(thing) if not _is_default(f, held)},
        }
    if isinstance(thing, Mapping):
        return {str(key): encoded(value) for key, value in thing.items()}
    if isinstance(thing, frozenset):
        return sorted(thing)
    if isinstance(thing, (tuple, list)):
        return [encoded(one) for one in thing]
    if isinstance(thing, float) and not math.isfinite(thing):
        return {"float": str(thing)}
    return thing


def _is_default(of: Any, held: Mapping[str, Any]) -> bool:
    """What the type supplies by itself is left out; most fields of most values are of this kind."""
    if of.default is not MISSING:
        return type(held[of.name]) is type(of.default) and bool(held[of.name] == of.default)
    return of.default_factory is not MISSING and held[of.name] == of.default_factory()


def decoded(hint: Any, data: Any) -> Any:
    """`data` as a value of type `hint`. Raises ValueError, KeyError or TypeError if it is none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _one_of(arguments, data)
    if origin is Literal:
        return _checked(data, data in arguments)
    if origin is tuple:
        return _tuple(arguments, data)
    if origin is frozenset:
        return frozenset(decoded(arguments[0], one) for one in _checked(data, type(data) is list))
    if origin is not None and issubclass(origin, Mapping):
        return {_key(arguments[0], key): decoded(arguments[1], one) for key, one in data.items()}
    if is_dataclass(hint):
        return _object(hint, data)
    if hint is float and isinstance(data, Mapping):
        return float(data["float"])
    if hint is float:
        return float(_checked(data, type(data) in (int, float)))
    return _checked(data, type(data) is hint)


def _one_of(hints: tuple[Any, ...], data: Any) -> Any:
    if data is None and NoneType in hints:
        return None
    if isinstance(data, dict) and "event" in data:
        kind = _EVENTS[data["event"]]
        return _object(kind, {key: one for key, one in data.items() if key != "event"})
    for hint in hints:
        try:
            return decoded(hint, data)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    raise ValueError(data)


def _tuple(hints: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    _checked(data, type(data) is list)
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(decoded(hints[0], one) for one in data)
    return tuple(decoded(hint, one) for hint, one in zip(hints, data, strict=True))


def _object(kind: Any, data: Any) -> Any:
    hints = _hints(kind)
    return kind(**{name: decoded(hints[name], one) for name, one in data.items()})


def _key(hint: Any, text: str) -> Any:
    return int(text) if hint is int else text


def _checked(data: Any, right: bool) -> Any:
    if not right:
        raise ValueError(data)
    return data


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
