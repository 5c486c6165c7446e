"""What time it is: the real one, or on a laptop the one that `make clock` has set.

The local stack's emulator hands its functions the name of a file with an offset in it. The template
knows no such variable, and a function that does not talk to an emulator on this very machine does
not look: no deployment to the cloud can be given another time.
"""

import os
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from notification_core.domain.clock import Clock, to_millisecond, utc_now

#: Names the file; set by `make up` for the emulator, whose functions inherit it.
VARIABLE = "LOCAL_CLOCK"

#: How long an offset is believed before the file is read again.
FRESH_SECONDS = 0.05


class ShiftedClock:
    """The real time and an offset, seconds as a text in a file; no file is no offset."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def __call__(self) -> datetime:
        """Return the time as it is here."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._offset = self._read()
            self._read_at = time.monotonic()
        return to_millisecond(utc_now() + self._offset)

    def _read(self) -> timedelta:
        try:
            return timedelta(seconds=float(self._file.read_text()))
        except (OSError, ValueError, OverflowError):
            return timedelta(0)


@cache
def clock() -> Clock:
    """Return this process's clock."""
    return clock_for(os.environ)


def clock_for(environ: Mapping[str, str]) -> Clock:
    """Return the clock of an environment: a moved one only beside an emulator on this machine."""
    file, endpoint = environ.get(VARIABLE), environ.get("AWS_ENDPOINT_URL", "")
    local = urlsplit(endpoint).hostname in {"127.0.0.1", "localhost"}
    return ShiftedClock(Path(file)) if file and local else utc_now
