"""Visits every page of a console in Chromium, as every role, and prints what is wrong as JSON.

    python -m tests.browser.check < TASK

It is run by the interpreter of the environment `browser`, which has Playwright and axe. TASK is a
JSON object with `chromium`, the program, and `site`, the fields of a `Site`.
"""

import json
import sys
from collections.abc import Iterator
from itertools import product

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import access, behaviour
from tests.browser.visits import ROLES, Site, forbidden_visits, new_context, sign_in, visits

WIDTHS = (360, 800, 1400)
SCHEMES = ("light", "dark")

#: Where axe looks at each page: it needs most of the time, and finds the same at other widths.
AXE = {(360, "dark"), (1400, "light")}

#: The role for which every page is looked at in full; the others have the same pages.
FULL = "admin"

#: Messages of Chromium: a page that the role may not open, one that does not exist, a form that is
#: refused, and a page that is left while a part of it is being renewed.
#: The last two are of axe, which cannot look into sandboxed frames.
EXPECTED = (
    "403 (Forbidden)",
    "404 (Not Found)",
    "422 (Unprocessable",
    "net::ERR_ABORTED",
    "does not match the recipient window's origin ('null')",
    "Blocked script",
)


def visit_all(browser: Browser, site: Site, role: str) -> Iterator[str]:
    """Yield what is wrong with the pages of a role."""
    context = new_context(browser)
    page = sign_in(context, site, role)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("requestfailed", lambda failed: messages.append(f"{failed.failure}: {failed.url}"))
    for visit in (*visits(site), *forbidden_visits(site)):
        if role in visit.roles:
            page.goto(f"{site.url}{visit.path}")
            visit.steps(page)
            yield from (f"{role} {visit}: {problem}" for problem in look(page, role))
    for message in messages:
        if not any(expected in message for expected in EXPECTED):
            yield f"{role}: {message}"
    context.close()


def look(page: Page, role: str) -> Iterator[str]:
    """Yield what is wrong with a page at each width, dark and light."""
    for width, scheme in product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            yield f"at {width}: {wide} px too wide"
        if (width, scheme) in AXE and (role == FULL or scheme == "dark"):
            for problem in (*access.findings(page), *access.structure(page)):
                yield f"at {width}, {scheme}: {problem}"


def main() -> None:
    """Print the problems."""
    task = json.load(sys.stdin)
    site = Site(**task["site"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=task["chromium"], args=["--no-sandbox"]
        )
        problems = [problem for role in ROLES for problem in visit_all(browser, site, role)]
        for check in (
            access.use_the_keyboard,
            access.keep_the_focus,
            behaviour.behave,
            behaviour.leave,
            behaviour.know_the_zone,
            behaviour.preview,
            behaviour.work_without_scripts,
        ):
            problems += check(browser, site)
        browser.close()
    print(json.dumps(problems))


if __name__ == "__main__":
    main()
