"""Expo's JSON shapes: tickets, receipts and the request-level error.

Source: docs.expo.dev/push-notifications/sending-notifications (formats and errors).
"""

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from infra.simulator.outcomes import Action, Outcome, Target, find, is_expo_token
from infra.simulator.scripted_reply import THROTTLED, UNAVAILABLE, effective
from infra.simulator.state import Simulator

_PAYLOAD_LIMIT = 4096  # bytes of one message without its recipient

_CODES = {UNAVAILABLE: "INTERNAL_SERVER_ERROR", THROTTLED: "TOO_MANY_REQUESTS"}
_STATUS = {"UNAUTHORIZED": 401, "TOO_MANY_REQUESTS": 429, "INTERNAL_SERVER_ERROR": 503}

_TEXTS = {
    "ExpoError": "Expo could not take the notification; try again",
    "DeviceNotRegistered": '"{to}" is not a registered push notification recipient',
    "InvalidCredentials": "The push notification credentials of the project are not valid",
    "MessageRateExceeded": "Messages are being sent too fast to this device",
    "MessageTooBig": "The notification payload was greater than 4096 bytes",
    "MismatchSenderId": "The FCM sender id does not match the one of the push token",
    "INTERNAL_SERVER_ERROR": "An unknown error occurred.",
    "PUSH_TOO_MANY_EXPERIENCE_IDS": "All push notification messages in the same request must be "
    "for the same project; check the details field to investigate conflicting tokens.",
    "PUSH_TOO_MANY_NOTIFICATIONS": "At most 100 notifications may be sent in one request.",
    "PUSH_TOO_MANY_RECEIPTS": "At most 1000 receipts may be asked for in one request.",
    "TOO_MANY_REQUESTS": "Too many requests: slow down.",
    "UNAUTHORIZED": "The bearer token is invalid.",
    "VALIDATION_ERROR": "The request body is not what this endpoint takes.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """One message to one token."""

    message: dict[str, Any]
    to: str
    id: str
    outcome: Outcome
    #: The ticket's error code; empty if the message is accepted.
    error: str

    @property
    def answer(self) -> dict[str, Any]:
        """The ticket in Expo's format."""
        if self.error:
            return _failure(self.error, self.to)
        return {"status": "ok", "id": self.id}

    @property
    def receipt(self) -> dict[str, Any]:
        """The receipt in Expo's format."""
        if self.outcome.action is Action.RECEIPT:
            return _failure(self.outcome.value, self.to)
        return {"status": "ok"}

    @property
    def project(self) -> str:
        """The project that the token belongs to."""
        name = self.outcome.value if self.outcome.action is Action.PROJECT else "app"
        return f"@simulator/{name}"

    @property
    def held_back(self) -> float:
        """The number of queries that do not return the receipt yet."""
        if self.outcome.action is Action.NEVER:
            return math.inf
        return int(self.outcome.value) if self.outcome.action is Action.LATER else 0


def issue(simulator: Simulator, message: dict[str, Any], to: str) -> Ticket:
    """Return the ticket of one message to one token."""
    outcome = find(Target.EXPO, to)
    if outcome.action is Action.FAIL:
        failing = effective(simulator, Target.EXPO, to, outcome).action is Action.FAIL
        outcome = Outcome(Action.ERROR, "ExpoError") if failing else Outcome(Action.OK)
    return Ticket(
        message=message,
        to=to,
        id=str(uuid.uuid4()),
        outcome=outcome,
        error=_own_error(message, to, outcome),
    )


def decision(tickets: Sequence[Ticket]) -> tuple[str, Outcome]:
    """Return the first recipient whose outcome applies to the whole request, and that outcome."""
    own = {Action.OK, Action.RECEIPT, Action.NEVER, Action.LATER, Action.PROJECT}
    for ticket in tickets:
        if ticket.outcome.action not in own and not ticket.error:
            return ticket.to, ticket.outcome
    return "", Outcome(Action.OK)


def projects(tickets: Sequence[Ticket]) -> dict[str, list[str]]:
    """Return the tokens of each project."""
    tokens: dict[str, list[str]] = {}
    for ticket in tickets:
        tokens.setdefault(ticket.project, []).append(ticket.to)
    return tokens


def request_error(reason: str, details: Mapping[str, Any] | None = None) -> Response:
    """Answer with an error of the whole request: ``{"errors": [{"code", "message", ...}]}``."""
    code = _CODES.get(reason, reason)
    status = _STATUS.get(code, 400)
    entry: dict[str, Any] = {
        "code": code,
        "message": _TEXTS.get(code, code),
        "isTransient": code in _CODES.values(),
    }
    if details is not None:
        entry["details"] = details
    headers = {"Retry-After": "1"} if code == _CODES[THROTTLED] else None
    return JSONResponse({"errors": [entry]}, status_code=status, headers=headers)


def _own_error(message: dict[str, Any], to: str, outcome: Outcome) -> str:
    # Expo's request-level codes are in capitals, and the codes of tickets in camel case.
    if outcome.action is Action.ERROR and not outcome.value.isupper():
        return outcome.value
    if not is_expo_token(to):
        return "DeviceNotRegistered"
    payload = {name: value for name, value in message.items() if name != "to"}
    size = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
    return "MessageTooBig" if size > _PAYLOAD_LIMIT else ""


def _failure(code: str, to: str) -> dict[str, Any]:
    return {
        "status": "error",
        "message": _TEXTS.get(code, code).format(to=to),
        "details": {"error": code, "expoPushToken": to},
    }
