"""What a row of an `errors.json` leads to, whichever provider says so and in whichever way."""

import json
from dataclasses import dataclass

from notification_core.domain.error_table import ErrorTable, Row
from notification_core.domain.failures import OURS, ErrorClass
from notification_core.domain.modules import PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from tests.emulator import TARGETS
from tests.functions.consumers import Consumer


@dataclass(frozen=True)
class End:
    """How a notification stands after its first attempt, and its record."""

    status: Status
    spent: int  #: attempts
    active: bool = True
    strikes: int = 0


#: What each class of failure does to a first attempt. An ambiguous one is tried again.
ENDS = {
    ErrorClass.RECIPIENT: End(Status.INACTIVE_DEVICE, 0, active=False),
    ErrorClass.CONSENT: End(Status.OPTED_OUT, 0),
    ErrorClass.MESSAGE: End(Status.DELIVERY_FAILURE, 1),
    ErrorClass.CONFIGURATION: End(Status.RETRY, 0),
    ErrorClass.ACCOUNT: End(Status.RETRY, 0),
    ErrorClass.THROTTLED: End(Status.RETRY, 0),
    ErrorClass.TRANSIENT: End(Status.RETRY, 1),
    ErrorClass.ONE_RETRY: End(Status.RETRY, 1),
    ErrorClass.AMBIGUOUS: End(Status.RETRY, 1),
}


def table_of(module: str) -> ErrorTable:
    """Read a target's `errors.json`."""
    return ErrorTable.of(json.loads((TARGETS / module / "errors.json").read_text()))


#: What the codes of mail servers, of SES's events and of both begin with; the others are of SES's
#: API.
MAIL_CODES = {
    "smtp": ("CONNECT ", "AUTH ", "FROM ", "RCPT ", "DATA "),
    "events": ("Bounce", "Complaint", "Reject", "RenderingFailure"),
    "enhanced": ("4.", "5."),
}


def mail_rows(way: str) -> dict[str, Row]:
    """Return the rows of the e-mail target that are of one way to hear of an error."""
    rows: dict[str, dict[str, Row]] = {"smtp": {}, "events": {}, "enhanced": {}, "api": {}}
    for code, row in table_of("email").rows.items():
        found = (name for name, begin in MAIL_CODES.items() if code.startswith(begin))
        rows[next(found, "api")][code] = row
    return rows[way]


def enhanced_code(key: str) -> str:
    """Return an enhanced status code that finds just this row."""
    code = key.replace("x", "7")
    return code if code.count(".") > 1 else f"{code}.99"


def end_of(row: Row, *, reported: bool) -> End:
    """Return what a row leads to."""
    if reported and row.pause_after > 1:
        return End(Status.DELIVERY_FAILURE, 1)
    if not row.soft:
        return ENDS[row.error_class]
    return End(Status.RETRY, 1) if row.retries else End(Status.DELIVERY_FAILURE, 1, strikes=1)


def assert_ended(
    consumer: Consumer, done: Notification, code: str, row: Row, *, reported: bool = False
) -> None:
    """Hold a notification, its record and its module to what the row of a code leads to.

    `reported`: by a delivery report of a recipient's server, and not in answer to the send.
    """
    end, record = end_of(row, reported=reported), consumer.get_record(done)
    assert (done.status, done.retry_attempts) == (end.status, end.spent)
    assert done.last_error is not None
    assert (done.last_error.error_class, done.last_error.code) == (row.error_class, code)
    assert (record.active, record.strikes) == (end.active, end.strikes)
    assert record.target_user_id not in done.last_error.message
    if end.active:
        assert record.deactivation is None
    else:
        assert record.deactivation is not None
        assert (record.deactivation.code, record.deactivation.at) == (code, done.updated_at)
    alone = reported and row.pause_after > 1
    assert_paused(consumer, code if row.error_class in OURS and not alone else None)


def assert_paused(consumer: Consumer, code: str | None) -> None:
    """The module is paused by a fault of this code, or not at all."""
    pause = consumer.module.pause
    if code is None:
        assert pause is None
    else:
        assert pause is not None
        assert (pause.by, pause.code) == (PausedBy.FAULT, code)
