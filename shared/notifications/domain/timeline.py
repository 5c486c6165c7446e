"""What happened to a notification, entry by entry, and what can be read off it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

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
#: The words for an attempt that nobody can tell the end of: another follows, or none.
MAY_HAVE_GONE = "may have gone"
UNKNOWN = "unknown"
#: The words for what is entered with an attempt that counts as failed.
FAILED = "delivery failure"
COUNTED = frozenset({RETRY, MAY_HAVE_GONE, UNKNOWN, FAILED})
#: The word for what a person has tried again after it had failed.
REDRIVEN = "redriven"
#: The words for a message that was given up: it ended in its queue's dead-letter queue.
DEAD_LETTER = "dead letter"
#: The word for what the provider is still trying.
DELAYED = "delayed"
#: The words for what comes back of a message that was delivered.
RETURNED = "returned"
COMPLAINT = "complaint"
#: The word for a confirmation that never came.
UNCONFIRMED = "no confirmation"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline."""

    at: datetime
    event: str
    detail: str = ""
    code: str = ""  #: the provider's, or a word for what happened (`read-timeout`)


Timeline = tuple[Event, ...]


def with_entry(
    timeline: Timeline, at: datetime, event: str, detail: str = "", code: str = ""
) -> Timeline:
    """Append an entry; a possible duplicate is never forgotten."""
    entry = Event(at, event, detail[:DETAIL_LENGTH], code[:CODE_LENGTH])
    first, rest = timeline[:1], timeline[1:]
    old, latest = rest[: 1 - LENGTH], rest[1 - LENGTH :]
    return (*first, *(each for each in old if each.event == MAY_HAVE_GONE), *latest, entry)


def claims(timeline: Timeline) -> list[datetime]:
    """Return when each attempt began."""
    return [each.at for each in timeline if each.event == CLAIMED]


def sends(timeline: Timeline) -> int:
    """Return how often a provider took it for later confirmation."""
    return sum(each.event == SENT for each in timeline)


def postponements(timeline: Timeline) -> int:
    """Return how many of the latest turns in a row spent no attempt."""
    turns = [each.event for each in timeline if each.event not in {CLAIMED, SENT}]
    return len(list(takewhile(lambda event: event == POSTPONED, reversed(turns))))


def retries(timeline: Timeline, code: str) -> int:
    """Return how many attempts failed with this code and were followed by another."""
    return sum(each.event == RETRY and each.code == code for each in timeline)


def is_uncertain(timeline: Timeline) -> bool:
    """Whether an attempt may have gone, and nobody has said since that it did not."""
    return any(each.event == MAY_HAVE_GONE for each in timeline)


def uncertain_since(timeline: Timeline) -> datetime | None:
    """Return when the latest attempt began that nobody can tell the end of."""
    for place in range(len(timeline) - 1, -1, -1):
        if timeline[place].event in {MAY_HAVE_GONE, UNKNOWN}:
            return (claims(timeline[:place]) or [timeline[place].at])[-1]
    return None
