"""Verifies the result of each notification by two sources: the API, and the inboxes.

The rules are plain functions of both. The allowed results are in `docs/reliability.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tests.chaos.edits import Edit, Message, edit_faults

#: Final statuses that mean that the message was received.
REPORTED_RECEIVED = frozenset({"DELIVERED", "SENT"})
#: Final statuses that mean that the message was not received.
REPORTED_NOT_RECEIVED = frozenset(
    {"DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT", "CANCELLED", "EXPIRED"}
)
UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})
POSSIBLY_SENT = "possibly_sent"
UNCERTAIN = frozenset({POSSIBLY_SENT, "unknown"})

#: A notification of the API: docs/api.md.
Notification = dict[str, Any]


class Response(StrEnum):
    """The API's response to a request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    #: The response was lost or a 5xx, so it is unknown whether the request was executed. With a
    #: key the same request is sent again; without one, a new request is sent.
    NONE = "no response"


#: The only allowed reason for a rejection.
OPTED_OUT = "opted-out"


@dataclass(slots=True)
class NotificationRequest:
    """A request for one notification. It has one title, even if it is repeated with its key."""

    token: str  #: the title, which no other request has
    target: str
    kind: str  #: the behaviour of its recipient
    id: str = ""
    withdrawn_at: datetime | None = None  #: when an opt-out or a cancellation was acknowledged
    due_at: datetime | None = None
    edits: tuple[Edit, ...] = ()
    response: Response = Response.ACCEPTED
    refusal: str = ""  #: the code of the problem


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A notification that was received twice."""

    request: NotificationRequest
    reason: str  #: why the duplicate is allowed; empty if it is not

    @property
    def name(self) -> str:
        """The request's title, target and notification id."""
        return f"{self.request.token} ({self.request.target}, {self.request.id})"


@dataclass(slots=True)
class Verdict:
    """The result of one target's notifications."""

    requested: int = 0
    ends: dict[str, int] = field(default_factory=dict)  #: by status
    lost: list[str] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)  #: a status that the inbox contradicts
    sent_after_withdrawal: list[str] = field(
        default_factory=list
    )  #: sent after an acknowledged withdrawal
    unanswered: int = 0  #: requests without a key that were replaced by a new request
    executed: int = 0  #: the unanswered requests that had been executed

    @property
    def faults(self) -> list[str]:
        """The violations of the guarantees."""
        forbidden = [
            f"{duplicate.name}: received twice, and its timeline does not allow it"
            for duplicate in self.duplicates
            if not duplicate.reason
        ]
        return [*self.lost, *forbidden, *self.contradictions, *self.sent_after_withdrawal]


def verify(
    requests: Iterable[NotificationRequest],
    notifications: Mapping[str, Sequence[Notification]],
    received: Mapping[str, Sequence[Message]],
    policies: Mapping[str, str],
) -> dict[str, Verdict]:
    """Verify every request; return a verdict for each target.

    Args:
        requests: every request.
        notifications: by title, the notifications of the API at the end of the run.
        received: by title, its messages.
        policies: by target, `at_least_once` or `at_most_once`.
    """
    verdicts: dict[str, Verdict] = {target: Verdict() for target in policies}
    for request in requests:
        verdict, messages = verdicts[request.target], received.get(request.token, ())
        stored = notifications.get(request.token, ())
        notification = _notification(verdict, request, stored, messages)
        if notification is not None:
            verdict.requested += 1
            times = [message.at for message in messages]
            _check(verdict, request, notification, times, policies)
            verdict.contradictions += [
                f"{_name(request)}: {fault}"
                for fault in edit_faults(notification, request.edits, messages, request.due_at)
            ]
    return verdicts


def _notification(
    verdict: Verdict,
    request: NotificationRequest,
    notifications: Sequence[Notification],
    received: Sequence[Message],
) -> Notification | None:
    """Return the notification of a request; None if it has none or was rejected."""
    name = _name(request)
    if len(notifications) > 1:
        verdict.contradictions.append(
            f"{name}: one request created {len(notifications)} notifications"
        )
    if request.response is Response.REFUSED:
        if request.refusal != OPTED_OUT:
            verdict.contradictions.append(f"{name}: refused as {request.refusal}")
        if received:
            verdict.contradictions.append(f"{name}: refused, and it was received")
        return None
    if request.response is Response.NONE:
        verdict.unanswered += 1
        verdict.executed += bool(notifications)
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
        verdict.lost.append(f"{name}: {status}, and it was not received")
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
    """Return why a duplicate is allowed; empty if it is not.

    One duplicate for each `possibly_sent` event is allowed, under `at_least_once`.
    """
    marks = [entry for entry in notification["timeline"] if entry["event"] == POSSIBLY_SENT]
    if policy != "at_least_once" or times > 1 + len(marks):
        return ""
    return str(marks[0]["code"]) if marks else ""
