"""Pages that say one thing: an error, the end of a session."""

from collections.abc import Mapping
from http import HTTPStatus

from notification_core.domain.console_sessions import Session
from notification_core.entrypoints.console.call import Site
from notification_core.entrypoints.console.rendering import render
from notification_core.entrypoints.console.responses import Response

TITLES: Mapping[HTTPStatus, tuple[str, str]] = {
    HTTPStatus.NOT_FOUND: ("There is no such page", "Check the address, or begin with Find."),
    HTTPStatus.FORBIDDEN: (
        "Your role does not permit this",
        "Ask an administrator for another role if you need it.",
    ),
}


def message_page(
    site: Site,
    session: Session | None,
    status: HTTPStatus,
    title: str = "",
    text: str = "",
    cookies: tuple[str, ...] = (),
) -> Response:
    """Return a page with a message; without a session it offers to sign in."""
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
    )
    return Response(status=status, body=body, cookies=cookies)
