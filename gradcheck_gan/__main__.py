"""`python -m gradcheck_gan`."""

from __future__ import annotations

from gradcheck_gan.cli import main

if __name__ == "__main__":
    main()
