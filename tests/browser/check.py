"""Visits every page of a console in Chromium, as every role, and prints what is wrong as JSON.

    python tests/browser/check.py CHROMIUM URL PASSWORD NOTIFICATION WAITING USER

It is run by the interpreter of the environment `browser`, which has Playwright and axe.
NOTIFICATION is the id of a failed notification of USER, whose message is HTML, and WAITING that of
one that waits.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROLES = ("support", "operator", "author", "admin")
WIDTHS = (360, 800, 1400)
SCHEMES = ("light", "dark")

#: Messages of Chromium: a page that the role may not open, one that does not exist, and a page that
#: is left while a part of it is being renewed.
#: The last one is of axe, which cannot look into the sandboxed frame of the editor.
EXPECTED = (
    "403 (Forbidden)",
    "404 (Not Found)",
    "net::ERR_ABORTED",
    "does not match the recipient window's origin ('null')",
)

#: Findings of axe that fail the check.
SERIOUS = {"serious", "critical"}


@dataclass(frozen=True)
class Site:
    """The console, and what a visit shows."""

    url: str
    password: str
    notification: str
    waiting: str
    user: str

    def pages(self) -> list[str]:
        """The paths of all pages."""
        return [
            "",
            f"/find?q={self.user}",
            f"/notifications/{self.notification}",
            f"/notifications/{self.waiting}",
            f"/user?id={self.user}",
            "/failed",
            "/failed?since=2026-01-31T09:30&time_zone=Europe/Berlin",
            "/targets",
            "/jobs",
            "/templates",
            "/templates/new-one/edit",
            "/audit",
            "/nothing",
        ]


def sign_in(context: BrowserContext, site: Site, role: str) -> Page:
    """Sign somebody in; return the page after it."""
    page = context.new_page()
    page.goto(site.url)
    page.fill("input[name=username]", f"{role}@example.com")
    page.fill("input[name=password]", site.password)
    page.click("button[type=submit]")
    page.wait_for_selector("main h1")
    return page


def visit(browser: Browser, site: Site, role: str) -> Iterator[str]:
    """Yield what is wrong with the pages of a role."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Kathmandu")
    page = sign_in(context, site, role)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("requestfailed", lambda failed: messages.append(f"{failed.failure}: {failed.url}"))
    for path in site.pages():
        page.goto(f"{site.url}{path}")
        for width, scheme in product(WIDTHS, SCHEMES):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if wide > 0:
                yield f"{role} {path} at {width}: {wide} px too wide"
            for finding in Axe().run(page).response["violations"]:
                if finding["impact"] in SERIOUS:
                    targets = [node["target"] for node in finding["nodes"]]
                    yield f"{role} {path} at {width}, {scheme}: {finding['id']} {targets}"
    for message in messages:
        if not any(expected in message for expected in EXPECTED):
            yield f"{role}: {message}"
    context.close()


def behave(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what does not behave as it should."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Kathmandu")
    page = sign_in(context, site, "admin")
    page.goto(f"{site.url}/notifications/{site.notification}")
    time = page.locator("time").first
    if "UTC" in (time.text_content() or "") or "UTC" not in (time.get_attribute("title") or ""):
        yield "a time is not in the viewer's zone, with UTC in its title"
    if page.evaluate("typeof htmx") != "object" or page.evaluate("htmx.config.allowEval"):
        yield "htmx is not there, or may evaluate code"
    page.fill("form[action$=unmask] input[name=reason]", "a check in a browser")
    page.click("form[action$=unmask] button")
    frame = page.frame_locator("iframe")
    if frame.locator("h1").text_content() != "In a frame":
        yield "the message is not in its frame"
    page.goto(f"{site.url}/find?q=x")
    page.locator("#main").focus()
    page.keyboard.press("/")
    if page.evaluate("document.activeElement.id") != "q":
        yield "the key / does not lead to the search"
    page.click("form.person button")
    page.wait_for_selector("main h1")
    heading = page.locator("main h1").text_content()
    if (heading, page.url) != ("You are signed out", f"{site.url}/bye"):
        yield f"the sign-out ended at {page.url}: {heading}"
    context.close()


def know_the_zone(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what is wrong with a form for times: they are entered in the viewer's zone."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Kathmandu")
    page = sign_in(context, site, "operator")
    page.goto(f"{site.url}/notifications/{site.waiting}")
    page.click("summary:has-text('Reschedule')")
    zones = (page.input_value("[name=time_zone]"), page.text_content("strong[data-time-zone]"))
    if not {*zones} <= {"Asia/Kathmandu", "Asia/Katmandu"}:  # Chromium's name is the older one
        yield f"times are entered in the zone {zones}"
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    entered = f"{tomorrow.astimezone(ZoneInfo('Asia/Kathmandu')):%Y-%m-%dT%H:%M}"
    page.fill("[name=scheduled_delivery]", entered)
    page.click("form[action$=reschedule] button")
    notice = page.text_content(".notice") or ""
    due = page.locator(f'time[datetime^="{tomorrow:%Y-%m-%dT%H:%M}"]')
    if "Changed" not in notice or not due.count():
        yield f"a time was not moved to the one that was entered: {notice}"
    context.close()


def preview(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what the preview of the editor does not show while somebody writes."""
    context = browser.new_context()
    page = sign_in(context, site, "author")
    page.goto(f"{site.url}/templates/new-one/edit")
    page.fill("textarea[name='content.en.email.subject']", "A subject")
    page.fill("textarea[name='content.en.email.html']", "<h1>In the editor</h1>")
    page.wait_for_selector("#preview article.card")
    page.click("button[formtarget=message]")
    if page.frame_locator("iframe").locator("h1").text_content() != "In the editor":
        yield "the e-mail of the editor is not in its frame"
    page.fill("textarea[name='content.en.email.html']", "<h1>Followed</h1>")
    page.frame_locator("iframe").locator("text=Followed").wait_for()
    context.close()


def work_without_scripts(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what does not work without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    page = sign_in(context, site, "operator")
    page.fill("#q", site.user)
    page.press("#q", "Enter")
    page.click(f'a[href$="/notifications/{site.notification}"]')
    if "UTC" not in (page.locator("time").first.text_content() or ""):
        yield "without JavaScript a time does not say that it is in UTC"
    page.fill("form[action$=retry] input[name=reason]", "a check without JavaScript")
    page.click("form[action$=retry] button")
    if "/jobs/" not in page.url:
        yield f"without JavaScript a retry ended at {page.url}"
    context.close()


def main(chromium: str, *arguments: str) -> None:
    """Print the problems."""
    site = Site(*arguments)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        problems = [problem for role in ROLES for problem in visit(browser, site, role)]
        problems += behave(browser, site)
        problems += know_the_zone(browser, site)
        problems += preview(browser, site)
        problems += work_without_scripts(browser, site)
        browser.close()
    print(json.dumps(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
