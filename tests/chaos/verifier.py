"""What became of each notification, told by two sides: the API, and the people's inboxes.

The rules are plain functions of what both say. What is allowed is in `docs/reliability.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: Final, and whoever reads it takes it for received.
SAYS_RECEIVED = frozenset({"DELIVERED", "SENT"})
#: Final, and whoever reads it takes it for not received.
SAYS_NOT_RECEIVED = frozenset(
    {"DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT", "CANCELLED", "EXPIRED"}
)
UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})
POSSIBLY_SENT = "possibly_sent"
UNCERTAIN = frozenset({POSSIBLY_SENT, "unknown"})

#: An API's notification: docs/api.md.
Told = dict[str, Any]


class Response(StrEnum):
    """How the API has answered a request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    #: The response was lost, or a 5xx: nobody can tell whether it was carried out. With a key the
    #: same request is sent again; without one, a request of its own is.
    NONE = "no response"


#: The only reason to refuse what the load asks for.
OPTED_OUT = "opted-out"


@dataclass(slots=True)
class Asked:
    """A request for one notification: one title, however often it is sent again with its key."""

    token: str  #: the title of this request alone
    target: str
    kind: str  #: what its recipient does
    id: str = ""
    said_no_at: datetime | None = None  #: when an opt-out or a cancel was acknowledged
    response: Response = Response.ACCEPTED
    refusal: str = ""  #: the problem's code


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
    unanswered: int = 0  #: requests without a key that were asked again, under another title
    carried_out: int = 0  #: those of them that had been carried out

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
    told: Mapping[str, Sequence[Told]],
    received: Mapping[str, Sequence[datetime]],
    policies: Mapping[str, str],
) -> dict[str, Verdict]:
    """Judge every request; a verdict for each target.

    Args:
        asked: every request.
        told: by token, what the API says at the end of the notifications with this title.
        received: by token, when a person received it.
        policies: by target, `at_least_once` or `at_most_once`.
    """
    verdicts: dict[str, Verdict] = {target: Verdict() for target in policies}
    for each in asked:
        verdict, times = verdicts[each.target], received.get(each.token, ())
        notification = _notification(verdict, each, told.get(each.token, ()), times)
        if notification is not None:
            verdict.asked += 1
            _judge(verdict, each, notification, times, policies)
    return verdicts


def _notification(
    verdict: Verdict, asked: Asked, told: Sequence[Told], received: Sequence[datetime]
) -> Told | None:
    """Return the notification that a request made; None where it made none, or was refused."""
    name = _name(asked)
    if len(told) > 1:
        verdict.lies.append(f"{name}: one request made {len(told)} notifications")
    if asked.response is Response.REFUSED:
        if asked.refusal != OPTED_OUT:
            verdict.lies.append(f"{name}: refused as {asked.refusal}")
        if received:
            verdict.lies.append(f"{name}: refused, and it was received")
        return None
    if asked.response is Response.NONE:
        verdict.unanswered += 1
        verdict.carried_out += bool(told)
        if received and not told:
            verdict.lies.append(f"{name}: received, and the API knows nothing of it")
        return told[0] if told else None
    own = next((each for each in told if each["id"] == asked.id), None)
    if own is None:
        verdict.asked += 1
        verdict.lost.append(f"{name}: the API knows nothing of it")
    return own


def _name(asked: Asked) -> str:
    return f"{asked.token} ({asked.target}, {asked.kind}, {asked.id or asked.response})"


def _judge(
    verdict: Verdict,
    asked: Asked,
    told: Told,
    received: Sequence[datetime],
    policies: Mapping[str, str],
) -> None:
    name = _name(asked)
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
    marks = [entry for entry in told["timeline"] if entry["event"] == POSSIBLY_SENT]
    if policy != "at_least_once" or times > 1 + len(marks):
        return ""
    return str(marks[0]["code"]) if marks else ""
