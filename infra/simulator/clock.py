"""The providers' clock, which `make clock` moves together with that of the functions.

Both have to agree, because a target that lists the provider's messages since a time compares the
provider's dates with its own.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: The variable that names the file with the offset in seconds, as for the functions.
VARIABLE = "LOCAL_CLOCK"


def moment() -> datetime:
    """Return the simulated time, aware, in UTC."""
    offset = 0.0
    if file := os.environ.get(VARIABLE):
        with suppress(FileNotFoundError, ValueError):
            offset = float(Path(file).read_text())
    return datetime.now(UTC) + timedelta(seconds=offset)
