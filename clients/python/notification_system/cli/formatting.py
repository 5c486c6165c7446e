"""Formatting for the terminal: plain text, short times and narrow tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

#: Control characters, which could move the cursor or change colours if a title contains them.
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
    """Return a text without terminal control characters; line breaks and tabs stay."""
    return CONTROL.sub("\ufffd", str(value).replace("\r\n", "\n"))


def content(value: str | None) -> str:
    """Return a title or a body as `plain`; the API returns null if the content is lost."""
    return "(the content is lost)" if value is None else plain(value)


def status(value: str) -> Text:
    """Return a status in its colour."""
    return Text(value, style=STYLES.get(value, ""), no_wrap=True)


def read_time(value: str) -> datetime:
    """Parse a time in the API's format."""
    return datetime.fromisoformat(value)


def short_time(value: str | None, now: datetime) -> str:
    """Return a time in UTC, with the date unless it is today."""
    if value is None:
        return "-"
    at = read_time(value).astimezone(UTC)
    if at.date() == now.date():
        return at.strftime("%H:%M:%S")
    return at.strftime("%m-%d %H:%M") if at.year == now.year else at.strftime("%Y-%m-%d")


def long_time(value: str | None, now: datetime) -> str:
    """Return a time to the second, and its distance from now."""
    if value is None:
        return "-"
    at = read_time(value).astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}Z, {relative_time(at, now)}"


def relative_time(at: datetime, now: datetime) -> str:
    """Return a time relative to now: `3h ago`, `in 1m` or `now`."""
    seconds = int((at - now).total_seconds())
    if seconds == 0:
        return "now"
    return f"in {format_duration(seconds)}" if seconds > 0 else f"{format_duration(-seconds)} ago"


def format_duration(seconds: int) -> str:
    """Format a duration in its largest unit, which `duration` can parse."""
    size, symbol = next((unit for unit in UNITS if seconds >= unit[0]), UNITS[-1])
    return f"{seconds // size}{symbol}"


def table(*columns: str, right: Iterable[str] = (), fold: Iterable[str] = ()) -> Table:
    """Return an empty table; a long cell ends with an ellipsis, or wraps if its column folds."""
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        folds = name in fold
        rows.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
        )
    return rows


def field_table(rows: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> Table:
    """Return a table of names and values, one per line, without the empty values."""
    lines = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    lines.add_column(style="bold", no_wrap=True)
    lines.add_column(overflow="fold")
    for name, value in rows.items() if isinstance(rows, Mapping) else rows:
        if value not in (None, ""):
            lines.add_row(name, value if isinstance(value, Text) else Text(plain(value)))
    return lines


def pluralize(number: int, noun: str, plural: str = "") -> str:
    """Format a number with its noun: `1 notification`, `2 notifications`, `2 addresses`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def paused_by(by: str) -> str:
    """Return the cause of a pause, from the API's `by`."""
    return "delivery reports" if by == "reports" else f"a {by}"
