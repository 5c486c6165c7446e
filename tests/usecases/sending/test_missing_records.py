"""The error for a user without an active record says why, and what to do."""

import pytest

from notification_core.domain.addresses import TargetUserRecord
from notification_core.usecases.sending.missing_records import explain_missing_records
from tests.builders import a_record

REGISTER = "register one with POST /target-user-records"


@pytest.mark.parametrize(
    ("records", "wanted", "message"),
    [
        ([], None, f"No address of 'ann' is registered; {REGISTER}"),
        (
            [a_record(target="email")],
            {"sms"},
            f"No address of 'ann' is registered in these targets; {REGISTER}",
        ),
        (
            [a_record(id="r-1", target="email", active=False)],
            None,
            (
                "No address of 'ann' is active: reactivate one of the target user records r-1"
                " with PATCH /target-user-records/{id}, or register another"
            ),
        ),
        (
            [a_record(id="r-1", target="removed")],
            None,
            "the targets of the target user records r-1 were removed; remove the records",
        ),
    ],
)
def test_the_message_names_the_reason(
    records: list[TargetUserRecord], wanted: set[str] | None, message: str
) -> None:
    assert explain_missing_records("ann", records, {"email", "sms"}, wanted) == message
