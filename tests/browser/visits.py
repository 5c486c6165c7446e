"""The console that is visited, and its pages in every state, for each role."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

ROLES = ("support", "operator", "author", "admin")

#: Roles that see notifications and users.
READERS = frozenset({"support", "operator", "admin"})
OPERATORS = frozenset({"operator", "admin"})
AUTHORS = frozenset({"author", "admin"})
ADMINS = frozenset({"admin"})


#: Milliseconds for a page to load on a machine that is busy.
PATIENCE = 90_000


@dataclass(frozen=True)
class Site:
    """The console, and what it has."""

    url: str
    password: str
    notification: str  #: the id of a failed notification of the user, whose message is HTML
    waiting: str  #: the id of a notification that waits
    user: str
    template: str  #: the name of a template with two versions


@dataclass(frozen=True)
class Visit:
    """A page, and what is done there before it is looked at."""

    path: str
    roles: frozenset[str] = frozenset(ROLES)
    steps: Callable[[Page], None] = lambda _: None
    name: str = ""  #: of the state after the steps

    def __str__(self) -> str:
        return f"{self.path or '/'}{f' ({self.name})' if self.name else ''}"


def sign_in(context: BrowserContext, site: Site, role: str) -> Page:
    """Sign somebody in; return the page after it."""
    page = context.new_page()
    page.goto(site.url)
    page.fill("input[name=username]", f"{role}@example.com")
    page.fill("input[name=password]", site.password)
    page.click("button[type=submit]")
    page.wait_for_selector("main h1")
    return page


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a browser without cookies, in a zone that is not UTC."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Kathmandu", **options)
    context.set_default_timeout(PATIENCE)
    return context


def submit(page: Page, button: str) -> None:
    """Press a button or a link, and wait for the page that follows."""
    with page.expect_navigation():
        page.click(button)


def open_details(page: Page) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach(part => part.open = true)")


def show_content(page: Page) -> None:
    """Unmask the notification of this page."""
    page.click("summary:has-text('Show address and content')")
    page.fill("form[action$=unmask] input[name=reason]", "a check in a browser")
    submit(page, "form[action$=unmask] button")
    page.wait_for_selector("iframe")


def _reschedule_too_far(page: Page) -> None:
    page.click("summary:has-text('Reschedule')")
    page.fill("[name=scheduled_delivery]", "2090-01-01T00:00")
    submit(page, "form[action$=reschedule] button")


def _erase_without_confirmation(page: Page) -> None:
    page.click("summary:has-text('Erase')")
    page.fill("form[action$=erase] [name=confirmation]", "somebody else")
    page.fill("form[action$=erase] [name=reason]", "a check in a browser")
    submit(page, "form[action$=erase] button")


def _preview_mistakes(page: Page) -> None:
    page.fill("textarea[name='content.en.sms.body']", "Hello {{ nam }} {% if")
    page.fill("textarea[name=schema]", "{}")
    submit(page, "button[value=preview]")
    page.wait_for_selector(".error")


def _add_nothing(page: Page) -> None:
    page.fill("[name=add_locale]", "not a language")
    submit(page, "button[value=add]")


def visits(site: Site) -> list[Visit]:
    """Return every page in each of its states."""
    failed, waiting = f"/notifications/{site.notification}", f"/notifications/{site.waiting}"
    user, template = f"/user?id={site.user}", f"/templates/{site.template}"
    return [
        Visit(""),
        Visit("", steps=open_details, name="open"),
        Visit("/?hours=168"),
        Visit("/find", READERS),
        Visit("/find?q=nobody", READERS),
        Visit(f"/find?q={site.user}", READERS),
        Visit(failed, READERS),
        Visit(waiting, READERS, open_details, "open"),
        Visit(waiting, OPERATORS, _reschedule_too_far, "not rescheduled"),
        Visit(failed, ADMINS, show_content, "unmasked"),
        Visit(user, READERS),
        Visit(user, READERS, open_details, "open"),
        Visit("/user?id=nobody", READERS),
        Visit(user, ADMINS, _erase_without_confirmation, "not erased"),
        Visit("/failed", READERS),
        Visit("/failed?since=2026-01-31T09:30&time_zone=Europe/Berlin", READERS),
        Visit("/failed", OPERATORS, open_details, "open"),
        Visit(
            "/failed", READERS, lambda page: submit(page, "article a:text-is('List them')"), "list"
        ),
        Visit("/targets", READERS, open_details, "open"),
        Visit("/jobs", READERS),
        Visit("/jobs", READERS, lambda page: submit(page, "tbody a >> nth=0"), "one"),
        Visit("/templates", AUTHORS),
        Visit(template, AUTHORS, open_details, "open"),
        Visit(f"{template}/diff?from=1&to=2", AUTHORS),
        Visit(f"{template}/preview", AUTHORS),
        Visit("/new-template?name=new-one", AUTHORS),
        Visit(
            f"{template}/edit", AUTHORS, lambda page: submit(page, "button[value=preview]"), "new"
        ),
        Visit(f"{template}/edit", AUTHORS, _preview_mistakes, "mistakes"),
        Visit(f"{template}/edit", AUTHORS, _add_nothing, "nothing added"),
        Visit("/audit", OPERATORS),
        Visit("/nothing"),
    ]


def forbidden_visits(site: Site) -> list[Visit]:
    """Return a page for each role that it may not open."""
    author = ROLES[2]
    return [
        Visit("/templates", frozenset(ROLES) - AUTHORS),
        Visit(f"/notifications/{site.notification}", frozenset({author})),
    ]
