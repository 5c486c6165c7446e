"""The e-mails of a run, and their arrival by the mail server's log."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from uuid import uuid4

TITLE = "Your table"
#: Every system sends this text. The Django application always adds it as HTML, too.
BODY = (
    "Your table for two is ready at eight o'clock. Please tell us by seven if you come later or not"
    " at all. We keep it for a quarter of an hour. We are looking forward to seeing you tonight!\n"
)
SENDER = "notifications@example.com"

POLL_SECONDS = 0.05


class Addresses:
    """The recipients of one system. Each gets one mail per run, which identifies it in the log."""

    def __init__(self) -> None:
        self._name = uuid4().hex[:8]
        self._registered: set[str] = set()

    def of(self, count: int, form: str = "") -> list[str]:
        """Return the first recipients whose local part starts with a form."""
        return [f"{form}{self._name}-{number:04}@example.com" for number in range(count)]

    def new(self, recipients: Sequence[str]) -> list[str]:
        """Return the recipients that were not passed before."""
        new = [address for address in recipients if address not in self._registered]
        self._registered.update(new)
        return new


@dataclass
class Arrivals:
    """The arrival times of the mails of a run.

    Args:
        moments: by recipient, in seconds since 1970; a duplicated mail has more than one.
    """

    moments: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def last(self) -> float:
        """The latest first arrival of a mail."""
        return max((min(moments) for moments in self.moments.values()), default=0.0)

    @property
    def doubled(self) -> int:
        """The number of mails that arrived more than once."""
        return sum(len(moments) > 1 for moments in self.moments.values())

    def lateness(self, due_at: float) -> tuple[float, float]:
        """Return the median and the 99th percentile of the seconds after the due time."""
        late = sorted(min(moments) - due_at for moments in self.moments.values())
        cuts = quantiles(late, n=100, method="inclusive")
        return cuts[49], cuts[98]


class MailLog:
    """Reads the growing log of the mail server, and sets the server's latency.

    Args:
        file: the log.
        latency: the file from which the server reads its latency.
    """

    def __init__(self, file: Path, latency: Path) -> None:
        self._file, self._latency = file, latency
        self._read = 0
        self._moments: dict[str, list[float]] = {}
        self._tell(0)

    def begin(self, recipients: Sequence[str], latency_ms: int) -> None:
        """Start a run: forget earlier mails of the recipients, and set the server's latency."""
        self._tell(latency_ms)
        self._read_on()
        for recipient in recipients:
            self._moments.pop(recipient, None)

    def _tell(self, latency_ms: int) -> None:
        # The server may read at any time, and must always find a number.
        new = self._latency.with_suffix(".new")
        new.write_text(str(latency_ms))
        new.replace(self._latency)

    def of(self, recipients: Sequence[str]) -> Arrivals:
        """Return the arrivals for these recipients since the run started."""
        self._read_on()
        moments = {to: self._moments[to] for to in recipients if to in self._moments}
        return Arrivals(moments)

    def wait_for(self, recipients: Sequence[str], count: int, seconds: float) -> Arrivals:
        """Wait for this number of mails, or until the time is over; return the arrivals."""
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
