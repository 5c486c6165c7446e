"""The providers' clock: the real one, moved as `make clock` moves that of the functions.

A target that asks its provider for messages *since* compares the provider's dates with its own.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: Names the file with the offset in seconds, as for the functions.
VARIABLE = "LOCAL_CLOCK"


def moment() -> datetime:
    """Return the time as it is here, aware, in UTC."""
    offset = 0.0
    if file := os.environ.get(VARIABLE):
        with suppress(FileNotFoundError, ValueError):
            offset = float(Path(file).read_text())
    return datetime.now(UTC) + timedelta(seconds=offset)
