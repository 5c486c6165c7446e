"""What is sent, and what has come of it by the mail server's log."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from uuid import uuid4

TITLE = "Your table"
#: Every system sends this text. The Django application adds it as HTML, too: it always does.
BODY = (
    "Your table for two is ready at eight o'clock. Please tell us by seven if you come later or not"
    " at all. We keep it for a quarter of an hour. We are looking forward to seeing you tonight!\n"
)
SENDER = "notifications@example.com"

POLL_SECONDS = 0.05


def addresses(count: int, latency_ms: int) -> list[str]:
    """Return the addresses of one run, each for one mail, which the server's log names by it."""
    run = uuid4().hex[:8]
    return [f"{run}-{number:04}@{latency_ms}ms.example.com" for number in range(count)]


@dataclass
class Arrivals:
    """When each mail came.

    Args:
        moments: by recipient, in seconds since 1970; more than one for a mail that was doubled.
    """

    moments: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def last(self) -> float:
        """When the last mail came for the first time."""
        return max((min(moments) for moments in self.moments.values()), default=0.0)

    @property
    def doubled(self) -> int:
        """How many mails came more than once."""
        return sum(len(moments) > 1 for moments in self.moments.values())

    def lateness(self, due_at: float) -> tuple[float, float]:
        """Return the median and the 99th percentile of the seconds from the due time on."""
        late = sorted(min(moments) - due_at for moments in self.moments.values())
        cuts = quantiles(late, n=100, method="inclusive")
        return cuts[49], cuts[98]


class MailLog:
    """The mail server's log, read as it grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._moments: dict[str, list[float]] = {}

    def of(self, recipients: Sequence[str]) -> Arrivals:
        """Return what has come for these recipients so far."""
        self._read_on()
        found = {to: self._moments[to] for to in recipients if to in self._moments}
        return Arrivals(found)

    def wait_for(self, recipients: Sequence[str], count: int, seconds: float) -> Arrivals:
        """Wait until so many of them have their mail, or the time is over; return what has come."""
        deadline = time.monotonic() + seconds
        while True:
            arrivals = self.of(recipients)
            if len(arrivals.moments) >= count or time.monotonic() > deadline:
                return arrivals
            time.sleep(POLL_SECONDS)

    def _read_on(self) -> None:
        with self._file.open("rb") as log:
            log.seek(self._read)
            content = log.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode().splitlines():
            moment, _, recipient = line.partition(" ")
            self._moments.setdefault(recipient, []).append(float(moment))
