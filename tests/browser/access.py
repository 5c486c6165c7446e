"""The console without a mouse, and for people who see or move differently (WCAG 2.2)."""

from collections.abc import Iterator
from itertools import pairwise

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.visits import Site, new_context, sign_in

#: Findings of axe that fail the check.
SERIOUS = {"serious", "critical"}

#: Sides of a control, in CSS pixels: success criterion 2.5.8.
TARGET_SIZE = 24

_SMALL = """size => [...document.querySelectorAll('a, button, input, select, summary, textarea')]
    .filter(part => part.checkVisibility() && !part.closest('.skip, p, dd, li, td, th, h1, h2'))
    .filter(part => part.type !== 'hidden')
    .map(part => [part, (part.closest('label.check') || part).getBoundingClientRect()])
    .filter(([, box]) => box.width < size || box.height < size)
    .map(([part]) => part.outerHTML.slice(0, 80))"""

_HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(part => Number(part.tagName[1]))"

_LOOSE = """[...document.querySelectorAll('[aria-describedby]')].flatMap(
    part => part.getAttribute('aria-describedby').split(' '))
    .filter(id => !document.getElementById(id))"""


#: Where the element with the focus is in the window.
_PLACE = "document.activeElement.getBoundingClientRect().top"

#: Ends when the next live update has been dealt with.
_NEXT_UPDATE = """new Promise(done =>
    document.addEventListener('htmx:afterRequest', () => done(), {once: true}))"""


def findings(page: Page) -> Iterator[str]:
    """Yield what axe finds."""
    for finding in Axe().run(page).response["violations"]:
        if finding["impact"] in SERIOUS:
            yield f"{finding['id']} {[node['target'] for node in finding['nodes']]}"


def structure(page: Page) -> Iterator[str]:
    """Yield what is wrong with the order of the headings, and with sizes and descriptions."""
    levels = page.evaluate(_HEADINGS)
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of the first level"
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield f"a level of headings is left out: {levels}"
    if small := page.evaluate(_SMALL, TARGET_SIZE):
        yield f"smaller than {TARGET_SIZE} px: {small}"
    if loose := page.evaluate(_LOOSE):
        yield f"described by what is not there: {loose}"


def use_the_keyboard(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what cannot be done with the keyboard: skip the header, count and retry failures."""
    context = new_context(browser)
    page = sign_in(context, site, "operator")
    page.goto(f"{site.url}/failed?hours=24")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.className") != "skip":
        yield "the first stop is not the link to the content"
    page.keyboard.press("Enter")
    if page.evaluate("document.activeElement.id") != "main":
        yield "the link to the content does not move the focus there"
    if not _tab_to(page, "summary"):
        yield "the form of a retry cannot be reached"
    page.keyboard.press("Enter")
    if not _tab_to(page, "button[name=dry_run]"):
        yield "the button that counts cannot be reached"
    if page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none":
        yield "the focus cannot be seen"
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*")
    page.wait_for_selector("text=/would be retried|There was nothing to do/", timeout=30_000)
    context.close()


def keep_the_focus(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what a live update takes away: the focus, and the place on the page."""
    context = new_context(browser, viewport={"width": 360, "height": 500})
    page = sign_in(context, site, "operator")
    page.goto(f"{site.url}/notifications/{site.waiting}")
    page.click("summary:has-text('Reschedule')")
    page.fill("form[action$=reschedule] [name=reason]", "half a senten")
    before = page.evaluate(_PLACE)
    page.evaluate("document.querySelector('#live').dataset.mark = 'old'")
    page.evaluate(_NEXT_UPDATE)
    if page.evaluate("document.querySelector('#live').dataset.mark"):
        yield "a live update changes nothing"
    if page.evaluate("document.activeElement.name") != "reason":
        yield "a live update takes the focus away"
    if page.input_value("form[action$=reschedule] [name=reason]") != "half a senten":
        yield "a live update takes away what was entered"
    moved = page.evaluate(_PLACE) - before
    if abs(moved) > 1:
        yield f"a live update moves the page by {moved} px"
    for link in ("#live a", "#facts a, #timeline a"):
        if page.locator(link).count():
            page.focus(link)
            page.evaluate(_NEXT_UPDATE)
            if not page.evaluate("wanted => document.activeElement.matches(wanted)", link):
                yield f"a live update takes the focus away from {link}"
    context.close()


def _tab_to(page: Page, selector: str) -> bool:
    """Press Tab until the focus is on such an element; return whether it came there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return True
    return False
