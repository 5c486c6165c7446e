"""Chromium for a test, which is skipped without it, unless a browser has to be there."""

import os

import pytest

from tests.browser.chromium import BrowserMissing, find_chromium

#: Set where a browser has to be there: in CI, and by `make browser`.
REQUIRED = "REQUIRE_BROWSER"


@pytest.fixture
def chromium() -> str:
    """The program; without it the test is skipped, unless it has to be there."""
    try:
        return find_chromium()
    except BrowserMissing as missing:
        if os.environ.get(REQUIRED):
            raise
        return pytest.skip(f"THE CONSOLE WAS NOT TESTED IN A BROWSER. {missing}")
