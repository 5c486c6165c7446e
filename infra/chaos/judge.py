"""What became of each notification, told by two sides: the API, and the people's inboxes.

The rules are plain functions of what both say. What is allowed is in `docs/reliability.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: Final, and whoever reads it takes it for received.
SAYS_RECEIVED = frozenset({"DELIVERED", "SENT"})
#: Final, and whoever reads it takes it for not received.
SAYS_NOT_RECEIVED = frozenset(
    {"DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT", "CANCELLED", "EXPIRED"}
)
UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})
MAY_HAVE_GONE = "may have gone"
UNCERTAIN = frozenset({MAY_HAVE_GONE, "unknown"})

#: An API's notification: docs/api.md.
Told = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """A notification that the API has acknowledged."""

    token: str  #: the title of this notification alone
    target: str
    kind: str  #: what its recipient does
    id: str = ""
    said_no_at: datetime | None = None  #: when an opt-out or a cancel was acknowledged


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A notification that was received twice."""

    asked: Asked
    reason: str  #: why it may have been; empty where nothing allows it


@dataclass(slots=True)
class Verdict:
    """What became of one target's notifications."""

    asked: int = 0
    ends: dict[str, int] = field(default_factory=dict)  #: by status
    lost: list[str] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)  #: a status that the inbox contradicts
    too_late: list[str] = field(default_factory=list)  #: sent after an acknowledged no

    @property
    def faults(self) -> list[str]:
        """Say what is not as it was promised."""
        forbidden = [
            f"{each.asked.token} ({each.asked.target}, {each.asked.id}): received twice, "
            "and nothing on its timeline allows it"
            for each in self.duplicates
            if not each.reason
        ]
        return [*self.lost, *forbidden, *self.lies, *self.too_late]


def judge(
    asked: Iterable[Asked],
    told: Mapping[str, Told | None],
    received: Mapping[str, Sequence[datetime]],
    policies: Mapping[str, str],
) -> dict[str, Verdict]:
    """Judge every notification; a verdict for each target.

    Args:
        asked: what the API has acknowledged.
        told: by id, what the API says of it at the end; None where it knows nothing.
        received: by token, when a person received it.
        policies: by target, `at_least_once` or `at_most_once`.
    """
    verdicts: dict[str, Verdict] = {target: Verdict() for target in policies}
    for each in asked:
        verdict = verdicts[each.target]
        verdict.asked += 1
        _judge(verdict, each, told.get(each.id), received.get(each.token, ()), policies)
    return verdicts


def _judge(
    verdict: Verdict,
    asked: Asked,
    told: Told | None,
    received: Sequence[datetime],
    policies: Mapping[str, str],
) -> None:
    name = f"{asked.token} ({asked.target}, {asked.kind}, {asked.id})"
    if told is None:
        verdict.lost.append(f"{name}: the API knows nothing of it")
        return
    status = told["status"]
    verdict.ends[status] = verdict.ends.get(status, 0) + 1
    if status in UNDER_WAY or told["confirmation"] == "awaited":
        verdict.lost.append(f"{name}: still {status} at the end")
    elif status in SAYS_RECEIVED and not received:
        verdict.lost.append(f"{name}: {status}, and nobody has received it")
    uncertain = any(entry["event"] in UNCERTAIN for entry in told["timeline"])
    if status in SAYS_NOT_RECEIVED and received and not uncertain:
        verdict.lies.append(f"{name}: {status}, and it was received")
    if len(received) > 1:
        reason = allowance(told, len(received), policies[asked.target])
        verdict.duplicates.append(Duplicate(asked, reason))
    no = asked.said_no_at
    if no is not None and any(at > no for at in received):
        verdict.too_late.append(f"{name}: sent after the no of {no.isoformat()}")


def allowance(told: Told, times: int, policy: str) -> str:
    """Give why a notification may have been received twice; empty where it must not.

    At most one possible duplicate, under `at_least_once`, marked on the timeline.
    """
    marks = [entry for entry in told["timeline"] if entry["event"] == MAY_HAVE_GONE]
    if policy != "at_least_once" or times > 1 + len(marks):
        return ""
    return str(marks[0]["code"]) if marks else ""
