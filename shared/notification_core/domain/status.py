"""The states of a notification and every way from one to another.

The stored values are those of the specification, blanks included. `docs/states.md` draws this
table; a test compares the two.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Where a notification stands."""

    SCHEDULED = "SCHEDULED"  #: waiting for its time; nobody has tried to deliver it
    SENDING = "SENDING"  #: claimed by one consumer, until its lease lapses
    RETRY = "RETRY"  #: waiting for its next attempt
    SENT = "SENT"  #: the provider accepted it; delivery is not confirmed
    DELIVERED = "DELIVERED"  #: delivered, as far as its target can tell
    DELIVERY_FAILURE = "DELIVERY FAILURE"  #: refused for good, or out of attempts
    INACTIVE_DEVICE = "INACTIVE DEVICE"  #: the address is switched off, gone or dead
    OPTED_OUT = "OPTED OUT"  #: the user said no before it went
    UNKNOWN = "UNKNOWN"  #: no telling whether it went
    CANCELLED = "CANCELLED"  #: the caller took it back in time
    EXPIRED = "EXPIRED"  #: its `deliver_before` passed before it could go


class ConfirmationState(StrEnum):
    """What is known of the delivery of what the provider took."""

    AWAITED = "awaited"  #: the provider will say, or be asked
    RECEIVED = "received"  #: it said what became of it
    NONE = "none"  #: it never said


#: What may follow what.
TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.SCHEDULED: frozenset(
            {
                Status.SENDING,
                Status.OPTED_OUT,
                Status.CANCELLED,
                # Its message ended in the dead-letter queue.
                Status.DELIVERY_FAILURE,
            }
        ),
        Status.RETRY: frozenset(
            {
                Status.SENDING,
                Status.OPTED_OUT,
                Status.CANCELLED,
                Status.DELIVERY_FAILURE,  # as from SCHEDULED
                # The attempt that may have gone did go, the provider says.
                Status.SENT,
                Status.DELIVERED,
            }
        ),
        Status.SENDING: frozenset(
            {
                Status.RETRY,
                Status.SENT,
                Status.DELIVERED,
                Status.DELIVERY_FAILURE,
                Status.INACTIVE_DEVICE,
                Status.OPTED_OUT,
                Status.UNKNOWN,
                Status.EXPIRED,
            }
        ),
        Status.SENT: frozenset(
            {
                Status.DELIVERED,
                Status.DELIVERY_FAILURE,
                Status.INACTIVE_DEVICE,
                Status.OPTED_OUT,
                Status.RETRY,
            }
        ),
        Status.DELIVERED: frozenset(),
        # A person may have what failed tried again; or the provider says late that it arrived.
        Status.DELIVERY_FAILURE: frozenset({Status.RETRY, Status.DELIVERED}),
        Status.INACTIVE_DEVICE: frozenset({Status.RETRY, Status.DELIVERED}),
        Status.OPTED_OUT: frozenset(),
        # Nothing more is tried but by a person, and the provider's own word is still believed.
        Status.UNKNOWN: frozenset(
            {
                Status.RETRY,
                Status.SENT,
                Status.DELIVERED,
                Status.DELIVERY_FAILURE,
                Status.INACTIVE_DEVICE,
            }
        ),
        Status.CANCELLED: frozenset(),
        Status.EXPIRED: frozenset(),
    }
)

#: Waiting for a consumer: may be claimed, cancelled or opted out.
WAITING = frozenset({Status.SCHEDULED, Status.RETRY})

#: Not delivered, as far as anybody can tell: what a person may have tried again.
FAILED = frozenset({Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE, Status.UNKNOWN})

#: Nothing more is owed: nothing follows these by itself but what a provider says late.
FINAL = FAILED | {status for status, following in TRANSITIONS.items() if not following}

#: The statuses that may stand without an attempted delivery.
WITHOUT_ATTEMPT = frozenset({Status.SCHEDULED, Status.OPTED_OUT, Status.CANCELLED, Status.EXPIRED})
