"""How things are shown to a person: plain text, short times, narrow tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

#: What would move the cursor or colour the screen, were it in somebody's title.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

STYLES = {
    "DELIVERED": "green",
    "SENT": "green",
    "SCHEDULED": "cyan",
    "SENDING": "cyan",
    "RETRY": "yellow",
    "UNKNOWN": "yellow",
    "DELIVERY FAILURE": "red",
    "INACTIVE DEVICE": "red",
}

UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def plain(value: Any) -> str:
    """Return a text with nothing in it that a terminal obeys; lines and tabs stay."""
    return CONTROL.sub("\ufffd", str(value).replace("\r\n", "\n"))


def content(value: str | None) -> str:
    """Return a title or a body as `plain`; the API answers null where the content is lost."""
    return "(the content is lost)" if value is None else plain(value)


def status(value: str) -> Text:
    """Return a status in its colour."""
    return Text(value, style=STYLES.get(value, ""), no_wrap=True)


def read_time(value: str) -> datetime:
    """Read a time as the API writes it."""
    return datetime.fromisoformat(value)


def short_time(value: str | None, now: datetime) -> str:
    """Return a time in UTC: of today the clock alone, else the day as well."""
    if value is None:
        return "-"
    at = read_time(value).astimezone(UTC)
    if at.date() == now.date():
        return at.strftime("%H:%M:%S")
    return at.strftime("%m-%d %H:%M") if at.year == now.year else at.strftime("%Y-%m-%d")


def long_time(value: str | None, now: datetime) -> str:
    """Return a time to the second, and how far away it is."""
    if value is None:
        return "-"
    at = read_time(value).astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}Z, {apart(at, now)}"


def apart(at: datetime, now: datetime) -> str:
    """Say how long ago a time is, or how far ahead."""
    seconds = int((at - now).total_seconds())
    if seconds == 0:
        return "now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(-seconds)} ago"


def span(seconds: int) -> str:
    """Write a duration in its largest unit, as `duration` reads it."""
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds // size}{unit}"


def table(*columns: str, right: Iterable[str] = (), fold: Iterable[str] = ()) -> Table:
    """Return an empty table; a cell too long is cut with an ellipsis, unless its column folds."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        folds = name in fold
        found.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
        )
    return found


def facts(rows: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> Table:
    """Return names and values, one a line; what has no value is left out."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    found.add_column(style="bold", no_wrap=True)
    found.add_column(overflow="fold")
    for name, value in rows.items() if isinstance(rows, Mapping) else rows:
        if value not in (None, ""):
            found.add_row(name, value if isinstance(value, Text) else Text(plain(value)))
    return found


def counted(number: int, thing: str) -> str:
    """Write a number and its noun: `1 notification`, `2 notifications`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def paused_by(by: str) -> str:
    """Say who or what paused a target, as the API names it."""
    return "delivery reports" if by == "reports" else f"a {by}"
