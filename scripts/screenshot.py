"""Show the page of the demo as README does: a picture of what a browser makes of it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).resolve().parent.parent
PICTURE = "docs/images/report.png"
SCRIPT = "examples/demo/train.py"
WIDE, HIGH = 1280, 860
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        print("no chromium on PATH: install it from the system's packages", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        inspect = [sys.executable, "-m", "gradcheck_gan", "inspect", "-o", str(page), SCRIPT]
        run(inspect, cwd=ROOT, capture_output=True, check=False)
        if not page.is_file():
            print(f"{SCRIPT} left no page; inspect it by hand to see why", file=sys.stderr)
            return 1
        shoot(program, page, ROOT / PICTURE)
    print(f"wrote {PICTURE}")
    return 0


def shoot(program: str, page: Path, picture: Path) -> None:
    from playwright.sync_api import sync_playwright

    picture.parent.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        # As root, as in most containers, chromium starts only without its sandbox.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDE, "height": HIGH}, color_scheme="light")
        shown.goto(page.as_uri())
        shown.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
