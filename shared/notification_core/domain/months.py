"""Entries that are listed by month: the partition of an entry, and its place in it."""

import re
from collections.abc import Iterator
from datetime import datetime

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def month_of(moment: datetime) -> str:
    """Return the month of a moment, in UTC, such as `2026-11`."""
    return f"{moment:%Y-%m}"


def position_of(moment: datetime, entry_id: str) -> str:
    """Return the place of an entry in its month; that of a later entry is greater."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z#{entry_id}"


def months_back(month: str, oldest: str) -> Iterator[str]:
    """Yield a month and those before it, down to the oldest."""
    year, number = int(month[:4]), int(month[5:])
    while (current := f"{year:04}-{number:02}") >= oldest:
        yield current
        year, number = (year, number - 1) if number > 1 else (year - 1, 12)


def split_token(token: str) -> tuple[str, str] | None:
    """Return month and position of a token such as `2026-11/2026-11-30T…`; None if it is not one.

    The position is empty in a token of a whole month.
    """
    month, _, position = token.partition("/")
    return (month, position) if _MONTH.fullmatch(month) else None
