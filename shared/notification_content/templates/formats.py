"""The formats of texts that schemas of templates can demand."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"]+", re.IGNORECASE | re.ASCII)
_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")


def _is_date(value: str) -> bool:
    return len(value) == len("2026-11-29") and date.fromisoformat(value) is not None


def _is_date_time(value: str) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None and "T" in value.upper()


def _is_time(value: str) -> bool:
    return time.fromisoformat(value) is not None


#: Each format, with its test and an example. A test may raise ValueError.
FORMATS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "date": (_is_date, "a date such as 2026-11-29"),
    "date-time": (_is_date_time, "a time with its zone, such as 2026-11-29T10:00:00Z"),
    "time": (_is_time, "a time such as 10:00:00"),
    "uri": (lambda value: _URI.fullmatch(value) is not None, "a URL"),
    "email": (lambda value: _EMAIL.fullmatch(value) is not None, "an e-mail address"),
}


def format_error(name: str, value: str) -> str | None:
    """Return what a text must be; None if it has the format, or the format is unknown."""
    test, description = FORMATS.get(name, (None, ""))
    if test is None:
        return None
    try:
        return None if test(value) else f"must be {description}"
    except ValueError:
        return f"must be {description}"
