"""Pages that say one thing: an error, the end of a session."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from notification_core.domain.console_sessions import Session
from notification_core.domain.errors import NotificationError
from notification_core.entrypoints.console.call import Site
from notification_core.entrypoints.console.rendering import render, sentence
from notification_core.entrypoints.console.request import Request
from notification_core.entrypoints.console.responses import Response

TITLES: Mapping[HTTPStatus, tuple[str, str]] = {
    HTTPStatus.NOT_FOUND: ("There is no such page", "Check the address, or begin with Find."),
    HTTPStatus.FORBIDDEN: (
        "Your role does not permit this",
        "Ask an administrator for another role if you need it.",
    ),
}


def error_page(
    site: Site, session: Session, request: Request, status: HTTPStatus, error: NotificationError
) -> Response:
    """Return a page that says why a request was refused, and leads back to where it came from."""
    fields = [f"{_in_words(field.field)} {field.message}." for field in error.fields]
    title = "This cannot be shown" if request.method == "GET" else "This was not done"
    text = " ".join(fields) or sentence(error.detail)
    return message_page(site, session, status, title, text, back=_origin(site, request))


def _in_words(field: str) -> str:
    """Return the name of a field as the beginning of a sentence; labels stay as they are."""
    return f"The {field.replace('_', ' ')}" if field.islower() else field


def _origin(site: Site, request: Request) -> str:
    """Return the address of the console's page from which a request came; empty if of none."""
    try:
        parts = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # not a URL
        return ""
    if parts.path != site.base and not parts.path.startswith(f"{site.base}/"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def message_page(
    site: Site,
    session: Session | None,
    status: HTTPStatus,
    title: str = "",
    text: str = "",
    cookies: tuple[str, ...] = (),
    back: str = "",
) -> Response:
    """Return a page with a message; without a session it offers to sign in.

    Args:
        site: the console.
        session: of the person who reads it, or None.
        status: the status of the response, which also has a default title and text.
        title: the heading.
        text: one or two sentences.
        cookies: Set-Cookie headers.
        back: the address of a page to which the message leads back.
    """
    default_title, default_text = TITLES.get(status, (status.phrase, ""))
    body = render(
        "message.html",
        title=title or default_title,
        text=text or default_text if not title else text,
        url=site.url,
        base=site.base,
        session=session,
        may=lambda route: session is not None and site.may(session, route),
        route="message",
        notice="",
        back=back,
    )
    return Response(status=status, body=body, cookies=cookies)
