"""Who may send a notification at this moment, and which request it comes from."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """One consumer's right to send, until the lease lapses."""

    token: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that made this notification, when it carried an idempotency key.

    The first notification of a request, its lead, names the records of the others.
    """

    fingerprint: str  #: of the request's content
    sibling_records: tuple[str, ...] = ()  #: of the lead: ids of records, in order
