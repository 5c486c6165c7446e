"""`notify settings`: the language and the time zone of a user's notifications."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.formatting import plain
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.requests import path_of

Locale = Annotated[
    str | None,
    typer.Option(metavar="TAG", help="A language tag such as de-AT; an empty text removes it."),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE", help="An IANA name such as Europe/Vienna; an empty text removes it."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "settings", "People")(settings)


def settings(
    session: Session,
    user: Annotated[str, typer.Argument(help="The user: your own id of the person.")],
    locale: Locale = None,
    time_zone: TimeZone = None,
) -> None:
    """Show or change a user's settings: the language and the time zone of notifications."""
    path = path_of("/users/{}/settings", user)
    stored = session.request("GET", path)
    changes = {
        name: value or None
        for name, value in {"locale": locale, "time_zone": time_zone}.items()
        if value is not None
    }
    if changes:
        body = {"locale": stored["locale"], "time_zone": stored["time_zone"]} | changes
        stored = session.request("PUT", path, body)
    if session.json:
        session.print_json(stored)
        return
    session.out.print(Text(f"{plain(user)}: {describe_settings(stored)}"))


def describe_settings(stored: Mapping[str, Any]) -> str:
    """Return a user's settings as a phrase."""
    locale = plain(stored["locale"] or "not set")
    return f"locale {locale}, time zone {plain(stored['time_zone'] or 'not set')}"
