"""The rows of django-notification-system as items of an import."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from notification_system.imports.items import Conversion, Item, Left, Past
from notification_system.imports.rows import NOTIFICATION, OPT_OUT, RECORD, Row

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
USERS = {"7": "7"}
RECORDS = {"r": "id-of-r"}
CONVERSION = Conversion(user_of=USERS.get, targets={"t": "Email"}, records=RECORDS, now=NOW)

RECORD_FIELDS = {
    "user": 7,
    "target": "t",
    "target_user_id": "ann@example.com",
    "description": "Ann's Email",
    "active": True,
    "created_date": "2021-03-01T10:00:00Z",
}
NOTIFICATION_FIELDS = {
    "target_user_record": "r",
    "title": "Hello",
    "body": "<p>x</p>",
    "extra": None,
    "status": "SCHEDULED",
    "scheduled_delivery": "2026-12-24T18:00:00+01:00",
    "attempted_delivery": None,
    "retry_time_interval": 1440,
    "retry_attempts": 0,
    "max_retries": 3,
    "created_date": "2026-11-01T10:00:00Z",
    "modified_date": "2026-11-02T10:00:00Z",
}


def record(**fields: Any) -> Row:
    return Row(RECORD, "1", RECORD_FIELDS | fields)


def notification(**fields: Any) -> Row:
    return Row(NOTIFICATION, "1", NOTIFICATION_FIELDS | fields)


def imported(row: Row, conversion: Conversion = CONVERSION) -> Item:
    item = conversion.item(row)
    assert isinstance(item, Item), item
    return item


def left(row: Row, conversion: Conversion = CONVERSION) -> Left:
    item = conversion.item(row)
    assert isinstance(item, Left), item
    return item


def test_a_record_keeps_its_address_state_and_time() -> None:
    assert imported(record(active=False)).fields == {
        "kind": "record",
        "key": "1",
        "user": "7",
        "target": "Email",
        "target_user_id": "ann@example.com",
        "description": "Ann's Email",
        "active": False,
        "created_at": "2021-03-01T10:00:00+00:00",
    }


def test_an_opt_out_has_the_time_of_its_last_change() -> None:
    fields = {"user": 7, "active": True, "modified_date": "2020-05-06T07:08:09.123Z"}
    assert imported(Row(OPT_OUT, "1", fields)).fields["at"] == "2020-05-06T07:08:09.123000+00:00"
    inactive = left(Row(OPT_OUT, "1", fields | {"active": False}))
    assert not inactive.is_invalid


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"modified_date": None, "created_date": "2019-01-01T00:00:00Z"}, "2019-01-01"),
        ({"modified_date": "soon", "created_date": "2019-01-01T00:00:00Z"}, "2019-01-01"),
        ({"modified_date": "soon"}, "2026-11-29T12:00:00"),
    ],
    ids=["missing", "corrupt", "both"],
)
def test_an_opt_out_with_a_corrupt_time_is_not_lost(times: dict[str, Any], at: str) -> None:
    item = imported(Row(OPT_OUT, "1", {"user": 7, "active": True} | times))
    assert item.fields["at"].startswith(at)
    assert item.notes


def test_a_waiting_notification_keeps_its_attempts_and_waits_in_seconds() -> None:
    fields = imported(notification(status="RETRY", retry_attempts=2)).fields
    assert fields["status"] == "RETRY"
    assert fields["scheduled_delivery"] == "2026-12-24T17:00:00+00:00"
    assert (fields["retry_time_interval"], fields["retry_attempts"]) == (86400, 2)
    assert (fields["max_retries"], fields["extra"], fields["target_user_record"]) == (
        3,
        {},
        "id-of-r",
    )


@pytest.mark.parametrize(
    ("most", "attempts", "allowed", "done"),
    [(3, 2, 3, 2), (0, 0, 100, 0), (0, 500, 100, 99), (3, 3, 4, 3), (2, 7, 8, 7), (500, 1, 100, 1)],
)
def test_a_waiting_notification_has_an_attempt_left(
    most: int, attempts: int, allowed: int, done: int
) -> None:
    item = imported(notification(max_retries=most, retry_attempts=attempts))
    assert (item.fields["max_retries"], item.fields["retry_attempts"]) == (allowed, done)
    assert bool(item.notes) == (most != allowed)


@pytest.mark.parametrize(("minutes", "seconds"), [(0, 60), (1, 60), (90, 5400), (99999, 604800)])
def test_the_interval_is_within_the_bounds_of_the_system(minutes: int, seconds: int) -> None:
    fields = imported(notification(retry_time_interval=minutes)).fields
    assert fields["retry_time_interval"] == seconds


def test_a_notification_whose_time_has_passed_is_skipped_unless_it_is_to_be_sent() -> None:
    past = notification(scheduled_delivery="2026-11-29T11:59:59Z")
    skipped = left(past)
    assert (skipped.field, skipped.is_invalid) == ("scheduled_delivery", False)
    sending = Conversion(user_of=USERS.get, targets={}, records=RECORDS, now=NOW, past=Past.SEND)
    assert imported(past, sending).fields["status"] == "SCHEDULED"


@pytest.mark.parametrize("status", ["DELIVERED", "DELIVERY FAILURE", "INACTIVE_DEVICE"])
def test_an_ended_notification_is_history(status: str) -> None:
    assert not left(notification(status=status)).is_invalid
    conversion = Conversion(user_of=USERS.get, targets={}, records=RECORDS, now=NOW, history=True)
    fields = imported(notification(status=status), conversion).fields
    assert fields["status"] == status.replace("_", " ")
    assert fields["attempted_delivery"] == "2026-11-02T10:00:00+00:00"


def test_an_opted_out_notification_may_have_no_attempt() -> None:
    conversion = Conversion(user_of=USERS.get, targets={}, records=RECORDS, now=NOW, history=True)
    fields = imported(notification(status="OPTED OUT"), conversion).fields
    assert fields["attempted_delivery"] is None


def test_times_without_a_zone_are_in_the_given_one() -> None:
    naive = datetime(2026, 12, 24, 18)  # noqa: DTZ001 - as a model without time zones holds it
    zone = timezone(timedelta(hours=2))
    conversion = Conversion(user_of=USERS.get, targets={}, records=RECORDS, now=NOW, zone=zone)
    fields = imported(notification(scheduled_delivery=naive), conversion).fields
    assert fields["scheduled_delivery"] == "2026-12-24T16:00:00+00:00"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (record(user=8), "user"),
        (record(user=None), "user"),
        (record(user=["ann"]), "user"),
        (record(target="custom"), "target"),
        (record(target_user_id="  "), "target_user_id"),
        (notification(status="BANANA"), "status"),
        (notification(scheduled_delivery="soon"), "scheduled_delivery"),
        (notification(scheduled_delivery=None), "scheduled_delivery"),
        (notification(max_retries=-1), "max_retries"),
        (notification(retry_attempts="2"), "retry_attempts"),
        (notification(target_user_record=None), "target_user_record"),
        (notification(target_user_record="gone"), "target_user_record"),
        (notification(extra="{}"), "extra"),
        (Row(NOTIFICATION, "", NOTIFICATION_FIELDS), "pk"),
    ],
)
def test_a_corrupt_row_names_the_field(row: Row, name: str) -> None:
    refusal = left(row)
    assert (refusal.field, refusal.is_invalid) == (name, True)
    assert refusal.reason
