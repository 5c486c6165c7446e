"""What a list of failures needs of a notification."""

from dataclasses import replace

import pytest

from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.failures import OutcomeUnknown, Rejected
from notification_core.domain.status import Status
from tests.builders import NOON, a_claimed, a_notification


def test_the_code_and_the_text_are_those_of_the_last_error() -> None:
    ended = a_claimed(target="t").unknown(NOON, OutcomeUnknown("cut", "no answer"))

    assert FailedNotification.of(ended) == FailedNotification(
        id=ended.id,
        user="eggs",
        target="t",
        module="pigeon",
        status=Status.UNKNOWN,
        code="cut",
        message="no answer",
    )


@pytest.mark.parametrize("code", ["21617", ""])
def test_without_an_error_they_are_those_of_the_last_event(code: str) -> None:
    ended = replace(a_claimed().failed(NOON, Rejected(code, "filtered")), last_error=None)
    failed = FailedNotification.of(ended)

    assert failed is not None
    assert (failed.code, failed.message) == (code, "filtered")


def test_a_notification_that_has_not_failed_is_none() -> None:
    assert FailedNotification.of(a_notification()) is None
    assert FailedNotification.of(a_claimed().delivered(NOON, None)) is None
