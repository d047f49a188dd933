"""Draw how the GANs of docs/estimators.md learn, with the remedy and without it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = "docs/images/estimators.svg"
TITLES = {
    "rounded": ("straight_through", "torch.round"),
    "threshold": ("straight_through", "a threshold"),
    "choice": ("score_function_loss", "Python code"),
}
WIDE, HIGH, LEFT, TOP, GAP = 250, 170, 20, 70, 30


def panel(number: int, name: str) -> str:
    train = import_module(name).train
    curves = {"mended": train(), "broken": train(broken=True)}
    highest = max(max(curve) for curve in curves.values())
    x0 = LEFT + number * (WIDE + GAP)
    remedy, fault = TITLES[name]
    parts = [
        f'<text x="{x0}" y="{TOP - 34}" font-weight="bold" fill="#1c1c1c">{name}.py</text>',
        f'<text x="{x0}" y="{TOP - 18}" fill="#1b6e3c">{remedy}: {curves["mended"][-1]:.2g}</text>',
        f'<text x="{x0}" y="{TOP - 4}" fill="#c2182b">{fault}: {curves["broken"][-1]:.2g}</text>',
        f'<path d="M{x0} {TOP}V{TOP + HIGH}H{x0 + WIDE}" fill="none" stroke="#7a7a7a"/>',
    ]
    for kind, colour, dashes in (("broken", "#c2182b", "6 4"), ("mended", "#1b6e3c", "none")):
        points = [
            f"{x0 + WIDE * at / 300:.1f},{TOP + HIGH * (1 - value / highest / 1.05):.1f}"
            for at, value in enumerate(curves[kind])
        ]
        parts.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
            f'stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
    return "\n".join(parts)


def main() -> None:
    sys.path[:0] = [str(ROOT / "examples" / "estimators")]
    wide, high = LEFT * 2 + 3 * WIDE + 2 * GAP, TOP + HIGH + 34
    panels = "\n".join(panel(number, name) for number, name in enumerate(TITLES))
    (ROOT / PICTURE).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img">\n'
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>\n'
        f'<text x="{LEFT}" y="20" fill="#57606a">distance from the data over 300 steps</text>\n'
        f"{panels}\n</svg>\n",
        encoding="utf-8",
    )
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
