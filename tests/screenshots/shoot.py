"""Photographs pages of the console in Chromium, with the interpreter of the environment `browser`.

    python tests/screenshots/shoot.py < TASK

TASK is a JSON object: `chromium`, the program; `url` and `password`, of the console; `now`, the
time that the pages take for the present; `folder`, for the pictures; and `pictures`, each with its
`name`, the `path` of a page, the `role` that opens it, its `height`, and `links` to follow from it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

WIDTH = 1200

#: Milliseconds for a page to load on a machine that is busy.
PATIENCE = 90_000


def photograph(browser: Browser, task: dict[str, Any], picture: dict[str, Any]) -> None:
    """Write one picture."""
    context = browser.new_context(
        locale="en-GB",
        timezone_id="Europe/Berlin",
        color_scheme="light",
        reduced_motion="reduce",
        viewport={"width": WIDTH, "height": picture["height"]},
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.clock.set_fixed_time(task["now"])
    page.goto(task["url"])
    page.fill("input[name=username]", f"{picture['role']}@example.com")
    page.fill("input[name=password]", task["password"])
    page.click("button[type=submit]")
    page.wait_for_selector("main h1")
    page.goto(f"{task['url']}{picture['path']}")
    for link in picture["links"]:
        page.click(link)
        page.wait_for_load_state()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")  # the cursor blinks
    page.screenshot(path=Path(task["folder"], f"console-{picture['name']}.png"))
    context.close()


def main() -> None:
    """Write the pictures."""
    task = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=task["chromium"],
            args=["--no-sandbox", "--hide-scrollbars", "--lang=en-GB"],
        )
        for picture in task["pictures"]:
            photograph(browser, task, picture)
        browser.close()


if __name__ == "__main__":
    main()
