"""An end that is written with its record, against a DynamoDB that answers as told."""

from datetime import timedelta
from typing import Any, cast

import pytest

from notification_core.adapters.dynamodb.errors import CANCELLED, DynamoDBError
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.fast.items import to_raw
from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.domain.failures import InvalidAddress
from notification_core.domain.notification import Notification
from notification_core.domain.transitions import RecordChange, RecordChanged, Transition
from tests.builders import NOON, SHARDS, a_claimed, a_record

RETENTION = timedelta(days=90)
GONE = InvalidAddress("21211")
RECORD = a_record()
SENDING = a_claimed()
CHANGE = Transition(
    SENDING,
    SENDING.inactive_device(NOON, GONE),
    record=RecordChange(RECORD, RECORD.deactivated(GONE, NOON)),
)


class Told:
    """A client that answers a transaction as told, and knows one notification."""

    def __init__(self, answer: Exception | None, stands: Notification) -> None:
        self.answer, self.stands = answer, stands
        self.seen: list[dict[str, Any]] = []

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        self.seen.append(request)
        if self.answer is not None:
            raise self.answer
        return {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        [table] = request["RequestItems"]
        raw = to_raw(self.stands, due_shards=SHARDS, retention=RETENTION)
        return {"Responses": {table: [raw]}}


def cancelled(reasons: list[str]) -> DynamoDBError:
    """Return the error of a cancelled transaction."""
    return DynamoDBError(CANCELLED, reasons=reasons)


def advanced(answer: Exception | None, stands: Notification = SENDING) -> bool | Exception:
    """Return what becomes of the change."""
    store = DynamoNotifications(cast(LowLevelClient, Told(answer, stands)), SHARDS, RETENTION)
    [result] = store.advance([CHANGE])
    return result


def test_both_writes_go_in_one_request_each_on_its_condition() -> None:
    client = Told(None, SENDING)

    DynamoNotifications(cast(LowLevelClient, client), SHARDS, RETENTION).advance([CHANGE])

    [request] = client.seen
    end, record = (each["Update"] for each in request["TransactItems"])
    assert end["Key"] == {"id": {"S": SENDING.id}}
    assert "#token = :held_token" in end["ConditionExpression"]
    assert record["Key"] == {"id": {"S": RECORD.id}}
    assert "#target_user_id = :held_target_user_id" in record["ConditionExpression"]


@pytest.mark.parametrize(
    ("reasons", "stands", "result"),
    [
        (["ConditionalCheckFailed", "None"], SENDING, False),
        (["ConditionalCheckFailed", "ConditionalCheckFailed"], SENDING, False),
        (["ConditionalCheckFailed", "ConditionalCheckFailed"], CHANGE.after, True),
    ],
)
def test_a_notification_that_moved_is_superseded_or_was_written_by_this_very_request(
    reasons: list[str], stands: Notification, *, result: bool
) -> None:
    assert advanced(cancelled(reasons), stands) is result


def test_a_changed_record_is_distinguished_from_a_changed_notification() -> None:
    assert isinstance(advanced(cancelled(["None", "ConditionalCheckFailed"])), RecordChanged)


@pytest.mark.parametrize(
    "error",
    [
        cancelled(["None", "TransactionConflict"]),
        cancelled(["TransactionConflict", "None"]),
        cancelled(["ThrottlingError", "None"]),
        cancelled([]),
        DynamoDBError("InternalServerError"),
        ConnectionError("no answer"),
    ],
)
def test_an_undecided_transaction_may_be_tried_again(error: Exception) -> None:
    assert advanced(error) is error
