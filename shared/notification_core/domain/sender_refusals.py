"""When reports of recipients' servers mean that our sender is at fault.

One server that does not accept our authentication may be wrong itself, or a forwarder has broken
it. Several of them, for recipients of several domains, mean that our own domain is not set up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

#: Reports that are this far apart have nothing to do with each other.
WINDOW = timedelta(days=1)
#: Of how many recipient domains they must be.
DOMAINS = 2
#: How many are remembered.
KEPT = 10


@dataclass(frozen=True, slots=True)
class SenderRefusal:
    """One server's report that it does not accept our sender."""

    at: datetime
    domain: str  #: of the recipient, as a short hash: no address can be told from it

    @classmethod
    def of(cls, at: datetime, address: str | None) -> Self:
        """Return the refusal of a mail to this address."""
        domain = (address or "").rpartition("@")[2].lower()
        return cls(at, sha256(domain.encode()).hexdigest()[:8])


#: Oldest first.
Refusals = tuple[SenderRefusal, ...]


def with_refusal(known: Refusals, refusal: SenderRefusal) -> Refusals:
    """Return the latest, this one included, within the window."""
    recent = [each for each in known if each.at > refusal.at - WINDOW]
    return (*recent, refusal)[-KEPT:]


def is_our_fault(refusals: Refusals, pause_after: int) -> bool:
    """Whether they are enough, and of recipients of several domains."""
    domains = {each.domain for each in refusals}
    return len(refusals) >= pause_after and len(domains) >= DOMAINS
