"""Listings of notifications: the filters that the API does not have, and their rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli import formatting
from notification_system.cli.formatting import headline, plain, read_time
from notification_system.cli.session import PAGE, Session
from notification_system.cli.tables import Rows, one_line, table
from notification_system.requests import path_of

#: Notifications of one listing that are examined at most.
EXAMINED = 10_000

Since = Annotated[
    str | None, typer.Option(help='Only since then: 2h, yesterday, "mon 20:00", or a time.')
]
Until = Annotated[str | None, typer.Option(help="Only until then; as --since.")]
Target = Annotated[str | None, typer.Option(help="Only of this target.")]
Category = Annotated[str | None, typer.Option(help="Only of this category.")]
StatusName = Annotated[
    str | None, typer.Option(help="Only with this status, such as delivery_failure.")
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="The maximum number.")]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The conditions on notifications that this program checks, because the API does not.

    Args:
        since: their earliest time.
        until: their latest time.
        target: the id of their target.
        category: their category.
        status: their status.
        time: the field that holds their time.
    """

    since: datetime | None = None
    until: datetime | None = None
    target: str | None = None
    category: str | None = None
    status: str | None = None
    time: str = "scheduled_delivery"

    @property
    def is_empty(self) -> bool:
        """Whether every notification matches."""
        conditions = (self.since, self.until, self.target, self.category, self.status)
        return all(condition is None for condition in conditions)

    def match(self, notification: Mapping[str, Any]) -> bool:
        """Whether a notification meets every condition."""
        at = read_time(notification[self.time])
        if (self.since and at < self.since) or (self.until and at > self.until):
            return False
        return all(
            wanted is None or notification[name] == wanted
            for name, wanted in (
                ("target", self.target),
                ("category", self.category),
                ("status", self.status),
            )
        )

    def describe(self, session: Session) -> str:
        """Return the interval in words, such as ` since Sat 28 Nov 2026 00:00 CET`."""
        parts = (("since", self.since), ("until", self.until))
        return "".join(f" {word} {session.zone.long(at)}" for word, at in parts if at)


def status_name(text: str | None) -> str | None:
    """Return a status as the API writes it, from `delivery_failure` or `delivery failure`."""
    return text.upper().replace("_", " ") if text else None


def select(
    session: Session,
    path: str,
    limit: int,
    filters: Filters,
    is_past: Callable[[Mapping[str, Any]], bool] = lambda _: False,
    **query: Any,
) -> dict[str, Any]:
    """Return the first `limit` items of a listing that match, as one page. Raises CliError.

    `is_past` says of an item that no later item of the listing matches.
    """
    if filters.is_empty:
        return session.pages(path, limit, **query)
    items: list[Any] = []
    after, examined = None, 0
    while len(items) <= limit and examined < EXAMINED:
        page = session.request("GET", path_of(path, **query, limit=PAGE, next=after))
        examined += len(page["items"])
        items += filter(filters.match, page["items"])
        after = page["next"]
        if page["items"] and is_past(page["items"][-1]):
            after = None
        if after is None:
            break
    if after is None and len(items) > limit:
        after = ""  # there are more, although not on a further page
    return {"items": items[:limit], "next": after}


def announce_more(session: Session, page: Mapping[str, Any], limit: int) -> None:
    """Say that a page is not the whole listing, if so."""
    if page["next"] is not None:
        session.out.print(f"There are more; show them with --limit {limit * 2}.", style="dim")


def rows_of(
    session: Session,
    notifications: Sequence[dict[str, Any]],
    *,
    failed: bool = False,
    addresses: Mapping[str, str] | None = None,
) -> Rows:
    """Return a table of notifications: below each its id and title, and its error or address.

    With `failed`, the times are those of the failures. `addresses` holds addresses by record id.
    """
    names = session.target_names()
    time = "updated_at" if failed else "scheduled_delivery"
    heading = session.heading("FAILED" if failed else "DUE", (item[time] for item in notifications))
    rows = table(heading, "STATUS", "TARGET", "USER")
    for item in notifications:
        below = [one_line(item["id"], "dim").append(f"  {headline(item)}", "default")]
        address = (addresses or {}).get(item["target_user_record"])
        if error := item["last_error"]:
            below.append(one_line(f"{plain(error['code'])}: {plain(error['message'])}", "dim"))
        elif address:
            below.append(one_line(plain(address), "dim"))
        rows.add_row(
            session.short_time(item[time]),
            formatting.status(item["status"]),
            Text(plain(names.get(item["target"], "-"))),
            Text(plain(item["user"])),
            below=below,
        )
    return rows
