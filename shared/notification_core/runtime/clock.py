"""The clock: the real time, or in the local stack the time that `make clock` has set.

The local stack's emulator passes its functions the name of a file that contains an offset. The
template does not define this variable, and only a function that uses an emulator on its own machine
reads it, so the clock of a cloud deployment cannot be changed.
"""

import os
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from notification_core.domain.clock import Clock, to_millisecond, utc_now

#: The variable that names the file. `make up` sets it for the emulator, and its functions inherit
#: it.
VARIABLE = "LOCAL_CLOCK"

#: How long an offset is cached before the file is read again.
FRESH_SECONDS = 0.05


class ShiftedClock:
    """The real time plus an offset in seconds, read from a text file; without a file, no offset."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def __call__(self) -> datetime:
        """Return the shifted time."""
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
    """Return the clock of an environment; it is shifted only with an emulator on this machine."""
    file, endpoint = environ.get(VARIABLE), environ.get("AWS_ENDPOINT_URL", "")
    local = urlsplit(endpoint).hostname in {"127.0.0.1", "localhost"}
    return ShiftedClock(Path(file)) if file and local else utc_now
