"""The console in a real browser: every page and every role, with axe, and without JavaScript."""

import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from infra.local.layout import PROJECT
from notification_core.entrypoints.http_api.fields import iso
from tests.functions.api_requests import now
from tests.system.conftest import System

PYTHON = PROJECT / ".local/env/browser/bin/python"
NAMES = ("chromium", "chromium-browser", "google-chrome")

#: Set in CI, where a browser has to be there.
REQUIRED = "REQUIRE_BROWSER"


def chromium() -> str:
    """Return the path of Chromium; without it or without its environment, the test is skipped."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    missing = "Chromium is not installed" if path is None else ""
    if not PYTHON.exists():
        missing = "its environment is not installed: make browser"
    if missing and not os.environ.get(REQUIRED):
        pytest.skip(f"THE CONSOLE WAS NOT TESTED IN A BROWSER: {missing}")
    assert not missing, missing
    return str(path)


def test_every_page_works_in_a_browser_for_every_role(system: System, user: str) -> None:
    browser = chromium()
    system.register(user, "Email", f"reject-{user}@example.com")
    html = "<h1>In a frame</h1><script>document.title = 'x'</script>"
    [waiting] = system.notify(user=user, scheduled_delivery=iso(now() + timedelta(hours=1)))
    [failed] = system.notify(user=user, title="A title", body=html)
    assert system.ended(failed)["status"] == "DELIVERY FAILURE"
    arguments = (
        system.access["console_url"],
        system.access["console_password"],
        failed["id"],
        waiting["id"],
        user,
    )

    checked = subprocess.run(
        [PYTHON, Path(PROJECT) / "tests/browser/check.py", browser, *arguments],
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    problems = [each for each in json.loads(checked.stdout) if "Blocked script" not in each]
    assert not problems, "\n".join(problems)
