"""What the console's pages do in a browser: times, forms, frames, and life without JavaScript."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser

from tests.browser.visits import Site, new_context, show_content, sign_in


def behave(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what does not behave as it should."""
    context = new_context(browser)
    page = sign_in(context, site, "admin")
    page.goto(f"{site.url}/notifications/{site.notification}")
    time = page.locator("time").first
    if "UTC" in (time.text_content() or "") or "UTC" not in (time.get_attribute("title") or ""):
        yield "a time is not in the viewer's zone, with UTC in its title"
    if page.evaluate("typeof htmx") != "object" or page.evaluate("htmx.config.allowEval"):
        yield "htmx is not there, or may evaluate code"
    show_content(page)
    frame = page.frame_locator("iframe")
    if frame.locator("h1").text_content() != "In a frame":
        yield "the message is not in its frame"
    context.close()


def leave(browser: Browser, site: Site) -> Iterator[str]:
    """Yield what is wrong with the key for the search, and with the sign-out."""
    context = new_context(browser)
    page = sign_in(context, site, "admin")
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
    context = new_context(browser)
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
    context = new_context(browser)
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
    context = new_context(browser, java_script_enabled=False)
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
