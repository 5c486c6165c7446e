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


class Addresses:
    """The recipients of one system: each gets one mail of a run, which the log names by it."""

    def __init__(self) -> None:
        self._name = uuid4().hex[:8]
        self._registered: set[str] = set()

    def of(self, count: int, form: str = "") -> list[str]:
        """Return the first so many whose local part begins with a form."""
        return [f"{form}{self._name}-{number:04}@example.com" for number in range(count)]

    def new(self, recipients: Sequence[str]) -> list[str]:
        """Return those that were not asked about before."""
        new = [address for address in recipients if address not in self._registered]
        self._registered.update(new)
        return new


@dataclass
class Arrivals:
    """When each mail came since a run began.

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
    """The mail server's log, read as it grows, and the latency that the server is told.

    Args:
        file: the log.
        latency: the file that the server reads its latency from.
    """

    def __init__(self, file: Path, latency: Path) -> None:
        self._file, self._latency = file, latency
        self._read = 0
        self._moments: dict[str, list[float]] = {}
        self._tell(0)

    def begin(self, recipients: Sequence[str], latency_ms: int) -> None:
        """Begin a run: forget what they had, and let the server wait so long before it answers."""
        self._tell(latency_ms)
        self._read_on()
        for recipient in recipients:
            self._moments.pop(recipient, None)

    def _tell(self, latency_ms: int) -> None:
        # The server may read at any moment, and is to read a number.
        new = self._latency.with_suffix(".new")
        new.write_text(str(latency_ms))
        new.replace(self._latency)

    def of(self, recipients: Sequence[str]) -> Arrivals:
        """Return what has come for these recipients since the run began."""
        self._read_on()
        moments = {to: self._moments[to] for to in recipients if to in self._moments}
        return Arrivals(moments)

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
