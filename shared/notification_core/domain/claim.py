"""The claim of a consumer on a notification, and the request that created the notification."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """One consumer's right to send, until the lease lapses."""

    token: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that created this notification, when the request has an idempotency key.

    The first notification of a request, its lead, contains the record ids of the others.
    """

    fingerprint: str  #: a hash of the request's content
    sibling_records: tuple[str, ...] = ()  #: in the lead only: the record ids, in order
