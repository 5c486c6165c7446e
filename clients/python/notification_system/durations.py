"""Durations as users write them: 20m, 25h, 1d12h, 90s."""

import re
from datetime import timedelta

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+|0")


def duration(text: str) -> timedelta:
    """Parse `20m`, `25h`, `1d12h`, `90s` or `0`. Raises ValueError."""
    if not DURATION.fullmatch(text):
        raise ValueError(f"{text} is not a duration; write 20m, 25h, 1d12h or 90s")
    parts = re.findall(r"(\d+(?:\.\d+)?)([dhms])", text)
    try:
        return timedelta(**{UNITS[unit]: float(number) for number, unit in parts})
    except OverflowError as error:
        raise ValueError(f"{text} is too long") from error
