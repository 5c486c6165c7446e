"""The timeline of a notification, and the facts that are derived from it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from types import MappingProxyType

#: A timeline keeps its first entry and this many of the latest.
LENGTH = 40
DETAIL_LENGTH = 200  #: characters
CODE_LENGTH = 64  #: characters
BY_LENGTH = 200  #: characters

#: The code of a notification whose template failed when it was to be sent.
TEMPLATE_ERROR = "template-error"


class EventKind(StrEnum):
    """The kind of a timeline event."""

    SCHEDULED = "scheduled"  #: accepted from the caller
    CLAIMED = "claimed"  #: taken by a consumer; the events before it belong to earlier attempts
    SENT = "sent"  #: accepted by the provider, and not confirmed yet
    DELIVERED = "delivered"
    RETRY = "retry"  #: the attempt failed, and another follows
    POSTPONED = "postponed"  #: waits for another attempt; the last one does not count
    PROBED = "probed"  #: postponed after an attempt that tested whether a paused target works again
    POSSIBLY_SENT = "possibly_sent"  #: the outcome of the attempt is unknown, and another follows
    UNKNOWN = "unknown"  #: the outcome of the attempt is unknown, and no other attempt follows
    DELIVERY_FAILURE = "delivery_failure"
    INACTIVE_DEVICE = "inactive_device"
    OPTED_OUT = "opted_out"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CHANGED = "changed"  #: by the caller; the detail names the fields
    IMPORTED = "imported"  #: from another system; the events before it happened there
    REDRIVEN = "redriven"  #: retried by a person after it had failed
    DEAD_LETTER = "dead_letter"  #: its queue message ended in the dead-letter queue
    DELAYED = "delayed"  #: the provider is still trying
    UNDELIVERED = "undelivered"  #: one message failed, and another one may still arrive
    RETURNED = "returned"  #: bounced after it had been delivered
    COMPLAINT = "complaint"
    UNCONFIRMED = "unconfirmed"  #: the wait for a confirmation is over


#: Events of an attempt that counts as failed.
COUNTED = frozenset(
    {
        EventKind.RETRY,
        EventKind.POSSIBLY_SENT,
        EventKind.UNKNOWN,
        EventKind.DELIVERY_FAILURE,
    }
)
#: Events of an attempt whose outcome is unknown.
DOUBTS = frozenset({EventKind.POSSIBLY_SENT, EventKind.UNKNOWN})
#: Separates the message's id from the provider's text in the detail of UNDELIVERED.
OF_MESSAGE = ": "

#: Events that the rules count. Among the entries that are no longer among the latest, this many of
#: each kind are kept.
KEPT: Mapping[EventKind, int] = MappingProxyType(
    {
        EventKind.POSSIBLY_SENT: 20,
        EventKind.UNKNOWN: 20,
        EventKind.UNDELIVERED: 20,
        EventKind.RETRY: 20,
        EventKind.SENT: 2,
        EventKind.DELIVERY_FAILURE: 2,
        EventKind.POSTPONED: 5,
        EventKind.CHANGED: 1,
        EventKind.IMPORTED: 1,
    }
)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of a timeline."""

    at: datetime
    event: EventKind
    detail: str = ""
    code: str = ""  #: the provider's code, or a name for the event (`read-timeout`)
    by: str = ""  #: who did it (`domain/attribution.py`); empty if nobody did, or if not known


Timeline = tuple[TimelineEvent, ...]


def with_entry(
    timeline: Timeline,
    at: datetime,
    event: EventKind,
    detail: str = "",
    code: str = "",
    by: str = "",
) -> Timeline:
    """Append an entry and trim the timeline.

    Entries that the rules count are kept, and a possible duplicate is never dropped.
    """
    entry = TimelineEvent(at, event, detail[:DETAIL_LENGTH], code[:CODE_LENGTH], by[:BY_LENGTH])
    first, rest = timeline[:1], timeline[1:]
    old, latest = rest[: 1 - LENGTH], rest[1 - LENGTH :]
    return (*first, *_kept(old, latest), *latest, entry)


def _kept(old: Timeline, latest: Timeline) -> list[TimelineEvent]:
    """Return the old entries that the rules count, and the claims of attempts in doubt."""
    seen, kept = Counter[EventKind](), list[TimelineEvent]()
    following = (*old, *latest)[1:]
    for entry, after in reversed([*zip(old, following, strict=False)]):
        seen[entry.event] += 1
        began_a_doubt = entry.event == EventKind.CLAIMED and after.event in DOUBTS
        if began_a_doubt or seen[entry.event] <= KEPT.get(entry.event, 0):
            kept.append(entry)
    return kept[::-1]


def claims(timeline: Timeline) -> list[datetime]:
    """Return when each attempt began."""
    return [entry.at for entry in timeline if entry.event == EventKind.CLAIMED]


def sends(timeline: Timeline) -> int:
    """Return how many times a provider accepted a message for later confirmation."""
    return sum(entry.event == EventKind.SENT for entry in timeline)


def took_before(timeline: Timeline) -> bool:
    """Whether a provider accepted a message, or may have, before the latest claim."""
    return any(
        entry.event == EventKind.SENT or entry.event in DOUBTS for entry in _before(timeline)
    )


def repeats_number(timeline: Timeline) -> bool:
    """Whether the latest attempt has the same number as an earlier, accepted attempt.

    The attempt after a postponed one has the same number, because the postponed one does not count.
    """
    events = reversed([entry.event for entry in _before(timeline)])
    return EventKind.SENT in takewhile(lambda event: event not in COUNTED, events)


def _before(timeline: Timeline) -> Timeline:
    """Return the entries before the latest claim."""
    indexes = [index for index, entry in enumerate(timeline) if entry.event == EventKind.CLAIMED]
    return timeline[: indexes[-1]] if indexes else ()


def postponements(timeline: Timeline) -> int:
    """Return how many of the latest attempts, in a row, were postponed."""
    besides = {EventKind.CLAIMED, EventKind.SENT, EventKind.CHANGED}
    turns = [entry.event for entry in timeline if entry.event not in besides]
    return len(
        list(
            takewhile(
                lambda event: event in {EventKind.POSTPONED, EventKind.PROBED}, reversed(turns)
            )
        )
    )


def refusals(timeline: Timeline, code: str) -> int:
    """Return how often a provider refused with this code while the target was not paused.

    Only refusals since the latest failure count: a person who redrives a failed notification is
    assumed to have fixed the cause.
    """
    since = takewhile(lambda entry: entry.event != EventKind.DELIVERY_FAILURE, reversed(timeline))
    return sum(
        (entry.event, entry.code) == (EventKind.POSTPONED, code[:CODE_LENGTH]) for entry in since
    )


def retries(timeline: Timeline, code: str) -> int:
    """Return how many attempts failed with this code and were followed by another."""
    return sum(
        (entry.event, entry.code) == (EventKind.RETRY, code[:CODE_LENGTH]) for entry in timeline
    )


def is_counted(timeline: Timeline) -> bool:
    """Whether the attempt whose message arrived was counted as failed."""
    # A change by the caller comes between attempts and says nothing about one.
    events = (entry.event for entry in reversed(timeline) if entry.event != EventKind.CHANGED)
    return next(events) in COUNTED or is_uncertain(timeline)


def is_uncertain(timeline: Timeline) -> bool:
    """Whether the outcome of an earlier attempt is unknown, and the message may have been sent."""
    return any(entry.event == EventKind.POSSIBLY_SENT for entry in timeline)


def doubts(timeline: Timeline) -> int:
    """Return how many attempts have an unknown outcome.

    A redrive repeats the POSSIBLY_SENT event without its code; the repetition does not count.
    """
    repeated = (EventKind.POSSIBLY_SENT, "")
    return sum(
        entry.event in DOUBTS and (entry.event, entry.code) != repeated for entry in timeline
    )


def undelivered(timeline: Timeline) -> frozenset[str]:
    """Return the ids of the messages that failed while another message might still arrive."""
    failed = [entry.detail for entry in timeline if entry.event == EventKind.UNDELIVERED]
    return frozenset(detail.partition(OF_MESSAGE)[0] for detail in failed)


def was_changed(timeline: Timeline) -> bool:
    """Whether the caller has changed the notification since it was created."""
    return any(entry.event == EventKind.CHANGED for entry in timeline)


def uncertain_since(timeline: Timeline) -> datetime | None:
    """Return when the latest attempt with an unknown outcome began."""
    for index in range(len(timeline) - 1, -1, -1):
        if timeline[index].event in DOUBTS:
            return (claims(timeline[:index]) or [timeline[index].at])[-1]
    return None
