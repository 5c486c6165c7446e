"""The statuses of a notification and the allowed transitions between them.

The stored values are those of the specification, including their spaces. `docs/states.md` has a
diagram of the transitions, and a test compares the two.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """The status of a notification."""

    SCHEDULED = "SCHEDULED"  #: waiting for its due time; no delivery was attempted
    SENDING = "SENDING"  #: claimed by one consumer, until its lease lapses
    RETRY = "RETRY"  #: waiting for its next attempt
    SENT = "SENT"  #: the provider accepted it; delivery is not confirmed
    DELIVERED = "DELIVERED"  #: delivered, as far as its target can tell
    DELIVERY_FAILURE = "DELIVERY FAILURE"  #: permanently rejected, or out of attempts
    INACTIVE_DEVICE = "INACTIVE DEVICE"  #: the address is inactive, deleted or invalid
    OPTED_OUT = "OPTED OUT"  #: the user opted out before it was sent
    UNKNOWN = "UNKNOWN"  #: it is unknown whether it was sent
    CANCELLED = "CANCELLED"  #: the caller cancelled it in time
    EXPIRED = "EXPIRED"  #: its `deliver_before` passed before it could be sent


class ConfirmationState(StrEnum):
    """The state of the confirmation for a message that the provider accepted."""

    AWAITED = "awaited"  #: the provider will report, or will be polled
    RECEIVED = "received"  #: the provider has reported the outcome
    NONE = "none"  #: the provider never reported the outcome


#: The allowed transitions from each status.
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
                # The provider reports that an attempt with an unknown outcome was sent.
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
        # A person may redrive a failed notification, or the provider reports late that it arrived.
        Status.DELIVERY_FAILURE: frozenset({Status.RETRY, Status.DELIVERED}),
        Status.INACTIVE_DEVICE: frozenset({Status.RETRY, Status.DELIVERED}),
        Status.OPTED_OUT: frozenset(),
        # Only a person can retry it, and later reports of the provider are still applied.
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

#: Not delivered, as far as is known: a person may redrive these.
FAILED = frozenset({Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE, Status.UNKNOWN})

#: No action is due: only a late report of a provider changes these without a person.
FINAL = FAILED | {status for status, following in TRANSITIONS.items() if not following}

#: The statuses that are valid without an attempted delivery.
WITHOUT_ATTEMPT = frozenset({Status.SCHEDULED, Status.OPTED_OUT, Status.CANCELLED, Status.EXPIRED})
