"""The Chromium of the system, and the environment with Playwright."""

import os
import shutil

from infra.local.layout import PROJECT

#: The interpreter of the environment with Playwright and axe.
PYTHON = PROJECT / ".local/env/browser/bin/python"

#: The programs that are looked for, unless the variable CHROMIUM names one.
NAMES = ("chromium", "chromium-browser", "google-chrome")


class BrowserMissing(Exception):
    """There is no browser, or no environment for it; the message says what to do."""


def find_chromium() -> str:
    """Return the path of Chromium. Raises BrowserMissing."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise BrowserMissing(
            "Chromium is not installed. Install it (on Debian: apt-get install chromium), or name "
            "its program in the variable CHROMIUM."
        )
    if not PYTHON.exists():
        raise BrowserMissing("The environment of the browser is not installed. Run: make browser")
    return path
