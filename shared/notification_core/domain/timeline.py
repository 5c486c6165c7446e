"""What happened to a notification, entry by entry, and what can be read off it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from types import MappingProxyType

#: A timeline keeps its first entry and this many of the latest.
LENGTH = 40
DETAIL_LENGTH = 200  #: characters
CODE_LENGTH = 64  #: characters

#: The word for a notification that was accepted from its caller.
SCHEDULED = "scheduled"
#: The word for a claim; what precedes it tells of earlier attempts.
CLAIMED = "claimed"
#: The word for what the provider took and has not confirmed.
SENT = "sent"
#: The word for an attempt that is spent, with another to come.
RETRY = "retry"
#: The word for a turn that spent no attempt.
POSTPONED = "postponed"
#: The word for such a turn of a paused target: it was tried whether the provider takes us again.
PROBED = "probed"
#: The words for an attempt that nobody can tell the end of: another follows, or none.
MAY_HAVE_GONE = "may have gone"
UNKNOWN = "unknown"
#: The words for what is entered with an attempt that counts as failed.
FAILED = "delivery failure"
COUNTED = frozenset({RETRY, MAY_HAVE_GONE, UNKNOWN, FAILED})
DOUBTS = frozenset({MAY_HAVE_GONE, UNKNOWN})
#: The word for what a person has tried again after it had failed.
REDRIVEN = "redriven"
#: The words for a message that was given up: it ended in its queue's dead-letter queue.
DEAD_LETTER = "dead letter"
#: The word for what the provider is still trying.
DELAYED = "delayed"
#: The word for a message that failed, while the notification may still arrive by another.
UNDELIVERED = "undelivered"
#: Stands in its detail between the message's id and the provider's words.
OF_MESSAGE = ": "
#: The words for what comes back of a message that was delivered.
RETURNED = "returned"
COMPLAINT = "complaint"
#: The word for a confirmation that never came.
UNCONFIRMED = "no confirmation"

#: What rules count by: of what is no longer among the latest, so many entries of each kind stay.
KEPT: Mapping[str, int] = MappingProxyType(
    {MAY_HAVE_GONE: 20, UNKNOWN: 20, UNDELIVERED: 20, RETRY: 20, SENT: 2, FAILED: 2, POSTPONED: 5}
)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of a timeline."""

    at: datetime
    event: str
    detail: str = ""
    code: str = ""  #: the provider's, or a word for what happened (`read-timeout`)


Timeline = tuple[TimelineEvent, ...]


def with_entry(
    timeline: Timeline, at: datetime, event: str, detail: str = "", code: str = ""
) -> Timeline:
    """Append an entry; what rules count by is kept, and a possible duplicate never forgotten."""
    entry = TimelineEvent(at, event, detail[:DETAIL_LENGTH], code[:CODE_LENGTH])
    first, rest = timeline[:1], timeline[1:]
    old, latest = rest[: 1 - LENGTH], rest[1 - LENGTH :]
    return (*first, *_kept(old, latest), *latest, entry)


def _kept(old: Timeline, latest: Timeline) -> list[TimelineEvent]:
    """Return the old entries that rules count by, and the claims that doubts began with."""
    seen, kept = Counter[str](), list[TimelineEvent]()
    following = (*old, *latest)[1:]
    for entry, after in reversed([*zip(old, following, strict=False)]):
        seen[entry.event] += 1
        began_a_doubt = entry.event == CLAIMED and after.event in DOUBTS
        if began_a_doubt or seen[entry.event] <= KEPT.get(entry.event, 0):
            kept.append(entry)
    return kept[::-1]


def claims(timeline: Timeline) -> list[datetime]:
    """Return when each attempt began."""
    return [each.at for each in timeline if each.event == CLAIMED]


def sends(timeline: Timeline) -> int:
    """Return how often a provider took it for later confirmation."""
    return sum(each.event == SENT for each in timeline)


def took_before(timeline: Timeline) -> bool:
    """Whether a provider took a message, or may have, before the latest claim."""
    return any(each.event == SENT or each.event in DOUBTS for each in _before(timeline))


def repeats_number(timeline: Timeline) -> bool:
    """Whether the latest attempt has the number of an earlier one that a provider took.

    A turn that spends no attempt leaves the next one its number.
    """
    events = reversed([each.event for each in _before(timeline)])
    return SENT in takewhile(lambda event: event not in COUNTED, events)


def _before(timeline: Timeline) -> Timeline:
    """Return what was entered before the latest claim."""
    places = [place for place, each in enumerate(timeline) if each.event == CLAIMED]
    return timeline[: places[-1]] if places else ()


def postponements(timeline: Timeline) -> int:
    """Return how many of the latest turns in a row spent no attempt."""
    turns = [each.event for each in timeline if each.event not in {CLAIMED, SENT}]
    return len(list(takewhile(lambda event: event in {POSTPONED, PROBED}, reversed(turns))))


def refusals(timeline: Timeline, code: str) -> int:
    """Return how many turns a provider refused with this code while the target was not paused.

    They are counted from the latest failure on: who has it redriven has mended something.
    """
    since = takewhile(lambda each: each.event != FAILED, reversed(timeline))
    return sum((each.event, each.code) == (POSTPONED, code[:CODE_LENGTH]) for each in since)


def retries(timeline: Timeline, code: str) -> int:
    """Return how many attempts failed with this code and were followed by another."""
    return sum((each.event, each.code) == (RETRY, code[:CODE_LENGTH]) for each in timeline)


def is_counted(timeline: Timeline) -> bool:
    """Whether the attempt that a message arrived by was entered as one that failed."""
    return timeline[-1].event in COUNTED or is_uncertain(timeline)


def is_uncertain(timeline: Timeline) -> bool:
    """Whether an attempt may have gone, and nobody has said since that it did not."""
    return any(each.event == MAY_HAVE_GONE for each in timeline)


def doubts(timeline: Timeline) -> int:
    """Return how many attempts may have gone; a redrive repeats a doubt, without its code."""
    repeated = (MAY_HAVE_GONE, "")
    return sum(each.event in DOUBTS and (each.event, each.code) != repeated for each in timeline)


def undelivered(timeline: Timeline) -> frozenset[str]:
    """Return the ids of the messages that failed while another one might still arrive."""
    failed = [each.detail for each in timeline if each.event == UNDELIVERED]
    return frozenset(detail.partition(OF_MESSAGE)[0] for detail in failed)


def uncertain_since(timeline: Timeline) -> datetime | None:
    """Return when the latest attempt began that nobody can tell the end of."""
    for place in range(len(timeline) - 1, -1, -1):
        if timeline[place].event in DOUBTS:
            return (claims(timeline[:place]) or [timeline[place].at])[-1]
    return None
