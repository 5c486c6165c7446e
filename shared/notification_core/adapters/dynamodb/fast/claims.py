"""The statement of a claim, and its result."""

from datetime import datetime
from typing import Any

from notification_core.adapters.dynamodb.fast import polls
from notification_core.adapters.dynamodb.fast.items import from_raw
from notification_core.adapters.dynamodb.fast.statements import (
    Response,
    StatementFailed,
    error_code,
)
from notification_core.adapters.dynamodb.tables.conditional_writes import CONDITION_FAILED
from notification_core.domain.changes import ClaimRejected
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status


def claiming(
    table: str, wake_up: WakeUp, claim: Claim, now: datetime, module: str
) -> dict[str, Any]:
    """Return the statement that claims a notification, if it is due as the wake-up says."""
    moment = _number(to_epoch_ms(now))
    return {
        "Statement": (
            f'UPDATE "{table}" SET "status"=? SET "token"=? SET "lease_until"=?'
            ' SET "attempted_delivery"=? SET "updated_at"=?'
            ' WHERE "id"=? AND "due_at"=? AND "status" IN [?, ?] AND "module"=?'
            " RETURNING ALL NEW *"
        ),
        "Parameters": [
            {"S": Status.SENDING.value},
            {"S": claim.token},
            _number(to_epoch_ms(claim.lease_until)),
            moment,
            moment,
            {"S": wake_up.id},
            _number(wake_up.due_at),
            {"S": Status.SCHEDULED.value},
            {"S": Status.RETRY.value},
            {"S": module},
        ],
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def claimed(claim: Claim, response: Response) -> Notification | ClaimRejected | Exception:
    """Return the result of a claim."""
    code = error_code(response)
    if code is None:
        return from_raw(response["Item"])
    if code != CONDITION_FAILED:
        return StatementFailed(code)
    item = response["Error"].get("Item")
    if item and polls.is_poll(item):
        return ClaimRejected(None, polls.poll_of(item))
    current = current_of(response)
    # The SDK repeats a request whose response was lost: the first request may have succeeded.
    return current if current is not None and current.claim == claim else ClaimRejected(current)


def current_of(response: Response) -> Notification | None:
    """Return the notification that did not meet a statement's condition, if it exists."""
    item = response["Error"].get("Item")
    return from_raw(item) if item else None


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
