"""What happened to a notification, entry by entry, and what can be read off it."""

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


class EventKind(StrEnum):
    """What happened to a notification."""

    SCHEDULED = "scheduled"  #: accepted from the caller
    CLAIMED = "claimed"  #: taken by a consumer; the events before it belong to earlier attempts
    SENT = "sent"  #: accepted by the provider, and not confirmed yet
    DELIVERED = "delivered"
    RETRY = "retry"  #: the attempt failed, and another follows
    POSTPONED = "postponed"  #: waits, and no attempt was spent
    PROBED = (
        "probed"  #: postponed, after an attempt to find out whether a paused target works again
    )
    POSSIBLY_SENT = "possibly_sent"  #: the outcome of the attempt is unknown, and another follows
    UNKNOWN = "unknown"  #: the outcome of the attempt is unknown, and no other follows
    DELIVERY_FAILURE = "delivery_failure"
    INACTIVE_DEVICE = "inactive_device"
    OPTED_OUT = "opted_out"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
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
#: Separates the message's id from the provider's words in the detail of UNDELIVERED.
OF_MESSAGE = ": "

#: What rules count by: of what is no longer among the latest, so many entries of each kind stay.
KEPT: Mapping[EventKind, int] = MappingProxyType(
    {
        EventKind.POSSIBLY_SENT: 20,
        EventKind.UNKNOWN: 20,
        EventKind.UNDELIVERED: 20,
        EventKind.RETRY: 20,
        EventKind.SENT: 2,
        EventKind.DELIVERY_FAILURE: 2,
        EventKind.POSTPONED: 5,
    }
)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of a timeline."""

    at: datetime
    event: EventKind
    detail: str = ""
    code: str = ""  #: the provider's, or a word for what happened (`read-timeout`)


Timeline = tuple[TimelineEvent, ...]


def with_entry(
    timeline: Timeline, at: datetime, event: EventKind, detail: str = "", code: str = ""
) -> Timeline:
    """Append an entry; what rules count by is kept, and a possible duplicate never forgotten."""
    entry = TimelineEvent(at, event, detail[:DETAIL_LENGTH], code[:CODE_LENGTH])
    first, rest = timeline[:1], timeline[1:]
    old, latest = rest[: 1 - LENGTH], rest[1 - LENGTH :]
    return (*first, *_kept(old, latest), *latest, entry)


def _kept(old: Timeline, latest: Timeline) -> list[TimelineEvent]:
    """Return the old entries that rules count by, and the claims that doubts began with."""
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
    return [each.at for each in timeline if each.event == EventKind.CLAIMED]


def sends(timeline: Timeline) -> int:
    """Return how often a provider took it for later confirmation."""
    return sum(each.event == EventKind.SENT for each in timeline)


def took_before(timeline: Timeline) -> bool:
    """Whether a provider took a message, or may have, before the latest claim."""
    return any(each.event == EventKind.SENT or each.event in DOUBTS for each in _before(timeline))


def repeats_number(timeline: Timeline) -> bool:
    """Whether the latest attempt has the number of an earlier one that a provider took.

    A turn that spends no attempt leaves the next one its number.
    """
    events = reversed([each.event for each in _before(timeline)])
    return EventKind.SENT in takewhile(lambda event: event not in COUNTED, events)


def _before(timeline: Timeline) -> Timeline:
    """Return what was entered before the latest claim."""
    places = [place for place, each in enumerate(timeline) if each.event == EventKind.CLAIMED]
    return timeline[: places[-1]] if places else ()


def postponements(timeline: Timeline) -> int:
    """Return how many of the latest turns in a row spent no attempt."""
    turns = [
        each.event for each in timeline if each.event not in {EventKind.CLAIMED, EventKind.SENT}
    ]
    return len(
        list(
            takewhile(
                lambda event: event in {EventKind.POSTPONED, EventKind.PROBED}, reversed(turns)
            )
        )
    )


def refusals(timeline: Timeline, code: str) -> int:
    """Return how many turns a provider refused with this code while the target was not paused.

    They are counted from the latest failure on: who has it redriven has mended something.
    """
    since = takewhile(lambda each: each.event != EventKind.DELIVERY_FAILURE, reversed(timeline))
    return sum(
        (each.event, each.code) == (EventKind.POSTPONED, code[:CODE_LENGTH]) for each in since
    )


def retries(timeline: Timeline, code: str) -> int:
    """Return how many attempts failed with this code and were followed by another."""
    return sum(
        (each.event, each.code) == (EventKind.RETRY, code[:CODE_LENGTH]) for each in timeline
    )


def is_counted(timeline: Timeline) -> bool:
    """Whether the attempt that a message arrived by was entered as one that failed."""
    return timeline[-1].event in COUNTED or is_uncertain(timeline)


def is_uncertain(timeline: Timeline) -> bool:
    """Whether an attempt may have gone, and nobody has said since that it did not."""
    return any(each.event == EventKind.POSSIBLY_SENT for each in timeline)


def doubts(timeline: Timeline) -> int:
    """Return how many attempts may have gone; a redrive repeats a doubt, without its code."""
    repeated = (EventKind.POSSIBLY_SENT, "")
    return sum(each.event in DOUBTS and (each.event, each.code) != repeated for each in timeline)


def undelivered(timeline: Timeline) -> frozenset[str]:
    """Return the ids of the messages that failed while another one might still arrive."""
    failed = [each.detail for each in timeline if each.event == EventKind.UNDELIVERED]
    return frozenset(detail.partition(OF_MESSAGE)[0] for detail in failed)


def uncertain_since(timeline: Timeline) -> datetime | None:
    """Return when the latest attempt began that nobody can tell the end of."""
    for place in range(len(timeline) - 1, -1, -1):
        if timeline[place].event in DOUBTS:
            return (claims(timeline[:place]) or [timeline[place].at])[-1]
    return None
