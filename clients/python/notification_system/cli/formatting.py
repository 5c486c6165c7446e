"""Formatting for the terminal: plain text and short times."""

import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from notification_system.cli.times import Zone

#: Control characters, which could move the cursor or change colours if a title contains them.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

#: The form of a notification's id.
NOTIFICATION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

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


def headline(notification: Mapping[str, Any]) -> str:
    """Return the title or, for a channel without titles, the first line of the body."""
    title, body = notification["title"], notification["body"]
    return content(title) if title or not body else plain(body).lstrip().partition("\n")[0]


def status(value: str) -> Text:
    """Return a status in its colour."""
    return Text(value, style=STYLES.get(value, ""), no_wrap=True)


def read_time(value: str) -> datetime:
    """Parse a time in the API's format."""
    return datetime.fromisoformat(value)


def short_time(value: str | None, now: datetime, zone: Zone) -> str:
    """Return a time in a zone, with the date unless it is today."""
    if value is None:
        return "-"
    at, today = zone.local(read_time(value)), zone.local(now)
    if at.date() == today.date():
        return at.strftime("%H:%M:%S")
    return at.strftime("%m-%d %H:%M:%S" if at.year == today.year else "%Y-%m-%d %H:%M")


def long_time(value: str | None, now: datetime, zone: Zone) -> str:
    """Return a time to the second with its zone, and its distance from now."""
    if value is None:
        return "-"
    at = read_time(value)
    return f"{zone.local(at):%Y-%m-%d %H:%M:%S} {zone.name(at)}, {relative_time(at, now)}"


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


def pluralize(number: int, noun: str, plural: str = "") -> str:
    """Format a number with its noun: `1 notification`, `2 notifications`, `2 addresses`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def paused_by(by: str) -> str:
    """Return the cause of a pause, from the API's `by`."""
    return "delivery reports" if by == "reports" else f"a {by}"


def wrap_command(command: str, width: int) -> Iterator[str]:
    """Break a command between words, with the shell's continuations; a long word stays whole."""
    line = ""
    for word in map(shlex.quote, shlex.split(command)):
        if line and len(line) + 1 + len(word) > width:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line = f"{line} {word}".strip() if not line.startswith(" ") else f"{line} {word}"
    yield line
