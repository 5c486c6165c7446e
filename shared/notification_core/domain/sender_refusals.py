"""The rule that decides when reports of recipients' servers mean that our sender is at fault.

When one server does not accept our authentication, the server itself may be wrong, or a forwarder
has broken it. Several such servers, for recipients of several domains, mean that our own domain is
not set up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

#: Reports that are further apart than this are unrelated.
WINDOW = timedelta(days=1)
#: The number of different recipient domains that the reports must cover.
DOMAINS = 2
#: The number of reports that are stored.
KEPT = 10


@dataclass(frozen=True, slots=True)
class SenderRefusal:
    """One server's report that it does not accept our sender."""

    at: datetime
    domain: str  #: a short hash of the recipient's domain, which reveals no address

    @classmethod
    def of(cls, at: datetime, address: str | None) -> Self:
        """Return the refusal of a mail to this address."""
        domain = (address or "").rpartition("@")[2].lower()
        return cls(at, sha256(domain.encode()).hexdigest()[:8])


#: Oldest first.
Refusals = tuple[SenderRefusal, ...]


def with_refusal(earlier: Refusals, refusal: SenderRefusal) -> Refusals:
    """Return the latest refusals within the window, including the new one."""
    recent = [other for other in earlier if other.at > refusal.at - WINDOW]
    return (*recent, refusal)[-KEPT:]


def is_our_fault(refusals: Refusals, pause_after: int) -> bool:
    """Whether there are enough refusals, for recipients of several domains."""
    domains = {refusal.domain for refusal in refusals}
    return len(refusals) >= pause_after and len(domains) >= DOMAINS
