"""What became of each notification, told by two sides: the API, and the people's inboxes.

The rules are plain functions of what both say. What is allowed is in `docs/reliability.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: Final, and whoever reads it takes it for received.
REPORTED_RECEIVED = frozenset({"DELIVERED", "SENT"})
#: Final, and whoever reads it takes it for not received.
REPORTED_NOT_RECEIVED = frozenset(
    {"DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT", "CANCELLED", "EXPIRED"}
)
UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})
POSSIBLY_SENT = "possibly_sent"
UNCERTAIN = frozenset({POSSIBLY_SENT, "unknown"})

#: An API's notification: docs/api.md.
Notification = dict[str, Any]


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
class NotificationRequest:
    """A request for one notification: one title, however often it is sent again with its key."""

    token: str  #: the title of this request alone
    target: str
    kind: str  #: what its recipient does
    id: str = ""
    withdrawn_at: datetime | None = None  #: when an opt-out or a cancel was acknowledged
    response: Response = Response.ACCEPTED
    refusal: str = ""  #: the problem's code


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A notification that was received twice."""

    request: NotificationRequest
    reason: str  #: why it may have been; empty where nothing allows it

    @property
    def name(self) -> str:
        """The request's title, target and notification id."""
        return f"{self.request.token} ({self.request.target}, {self.request.id})"


@dataclass(slots=True)
class Verdict:
    """What became of one target's notifications."""

    requested: int = 0
    ends: dict[str, int] = field(default_factory=dict)  #: by status
    lost: list[str] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)  #: a status that the inbox contradicts
    sent_after_withdrawal: list[str] = field(default_factory=list)  #: sent after an acknowledged no
    unanswered: int = 0  #: requests without a key that were sent again, under another title
    carried_out: int = 0  #: those of them that had been carried out

    @property
    def faults(self) -> list[str]:
        """Say what is not as it was promised."""
        forbidden = [
            f"{duplicate.name}: received twice, and nothing on its timeline allows it"
            for duplicate in self.duplicates
            if not duplicate.reason
        ]
        return [*self.lost, *forbidden, *self.contradictions, *self.sent_after_withdrawal]


def verify(
    requests: Iterable[NotificationRequest],
    notifications: Mapping[str, Sequence[Notification]],
    received: Mapping[str, Sequence[datetime]],
    policies: Mapping[str, str],
) -> dict[str, Verdict]:
    """Judge every request; a verdict for each target.

    Args:
        requests: every request.
        notifications: by token, what the API says at the end of the notifications with this title.
        received: by token, when a person received it.
        policies: by target, `at_least_once` or `at_most_once`.
    """
    verdicts: dict[str, Verdict] = {target: Verdict() for target in policies}
    for request in requests:
        verdict, times = verdicts[request.target], received.get(request.token, ())
        notification = _notification(verdict, request, notifications.get(request.token, ()), times)
        if notification is not None:
            verdict.requested += 1
            _check(verdict, request, notification, times, policies)
    return verdicts


def _notification(
    verdict: Verdict,
    request: NotificationRequest,
    notifications: Sequence[Notification],
    received: Sequence[datetime],
) -> Notification | None:
    """Return the notification that a request made; None where it made none, or was refused."""
    name = _name(request)
    if len(notifications) > 1:
        verdict.contradictions.append(
            f"{name}: one request made {len(notifications)} notifications"
        )
    if request.response is Response.REFUSED:
        if request.refusal != OPTED_OUT:
            verdict.contradictions.append(f"{name}: refused as {request.refusal}")
        if received:
            verdict.contradictions.append(f"{name}: refused, and it was received")
        return None
    if request.response is Response.NONE:
        verdict.unanswered += 1
        verdict.carried_out += bool(notifications)
        if received and not notifications:
            verdict.contradictions.append(f"{name}: received, and the API knows nothing of it")
        return notifications[0] if notifications else None
    own = next(
        (notification for notification in notifications if notification["id"] == request.id), None
    )
    if own is None:
        verdict.requested += 1
        verdict.lost.append(f"{name}: the API knows nothing of it")
    return own


def _name(request: NotificationRequest) -> str:
    return f"{request.token} ({request.target}, {request.kind}, {request.id or request.response})"


def _check(
    verdict: Verdict,
    request: NotificationRequest,
    notification: Notification,
    received: Sequence[datetime],
    policies: Mapping[str, str],
) -> None:
    name = _name(request)
    status = notification["status"]
    verdict.ends[status] = verdict.ends.get(status, 0) + 1
    if status in UNDER_WAY or notification["confirmation"] == "awaited":
        verdict.lost.append(f"{name}: still {status} at the end")
    elif status in REPORTED_RECEIVED and not received:
        verdict.lost.append(f"{name}: {status}, and nobody has received it")
    uncertain = any(entry["event"] in UNCERTAIN for entry in notification["timeline"])
    if status in REPORTED_NOT_RECEIVED and received and not uncertain:
        verdict.contradictions.append(f"{name}: {status}, and it was received")
    if len(received) > 1:
        reason = duplicate_reason(notification, len(received), policies[request.target])
        verdict.duplicates.append(Duplicate(request, reason))
    withdrawn = request.withdrawn_at
    if withdrawn is not None and any(at > withdrawn for at in received):
        verdict.sent_after_withdrawal.append(
            f"{name}: sent after the withdrawal of {withdrawn.isoformat()}"
        )


def duplicate_reason(notification: Notification, times: int, policy: str) -> str:
    """Give why a notification may have been received twice; empty where it must not.

    At most one possible duplicate, under `at_least_once`, marked on the timeline.
    """
    marks = [entry for entry in notification["timeline"] if entry["event"] == POSSIBLY_SENT]
    if policy != "at_least_once" or times > 1 + len(marks):
        return ""
    return str(marks[0]["code"]) if marks else ""
