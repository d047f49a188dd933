"""How modules and places are named in a picture, and how many layers a module holds."""

from __future__ import annotations

from gradcheck_gan.run import Location, Module, Run

WIDEST = 44


def module_title(module: Module) -> str:
    names = (module.class_name, module.variable or module.name)
    return " ".join(dict.fromkeys(name for name in names if name))


def layer_counts(run: Run) -> dict[int, int]:
    """Per module, those inside it that hold parameters and no further such module."""
    counts: dict[int, int] = {}
    parents = {one.parent for one in run.modules.values()}
    for leaf in run.modules.values():
        if leaf.id in parents or not leaf.parameters:
            continue
        current, seen = leaf.parent, {leaf.id}
        while current is not None and current in run.modules and current not in seen:
            counts[current] = counts.get(current, 0) + 1
            seen.add(current)
            current = run.modules[current].parent
    return counts


def shortened(path: str) -> str:
    """The end of a path tells more than its start; whole folders are left out if that is enough."""
    room = WIDEST - 12
    if len(path) <= room:
        return path
    end = path[-room:]
    folder = end.find("/")
    return "..." + (end[folder:] if folder >= 0 else end)


def with_place(text: str, place: Location | None) -> str:
    """The line is what the reader needs, so that only the words before it are clipped."""
    return f"{clip(text)}, {shortened(place.file)}:{place.line}" if place else clip(text)


def clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."
