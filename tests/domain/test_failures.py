"""Failures: one class for each error_class, and what they say of themselves."""

import pytest

from notification_core.domain.failures import (
    FAILURES,
    DeliveryFailed,
    ErrorClass,
    LastError,
    RetryLater,
)


def test_there_is_one_failure_for_each_class() -> None:
    assert {failure.error_class for failure in FAILURES.values()} == set(ErrorClass)
    assert all(failure.error_class is error_class for error_class, failure in FAILURES.items())


@pytest.mark.parametrize("failure", list(FAILURES.values()))
def test_a_failure_shows_its_code_and_message(failure: type[DeliveryFailed]) -> None:
    raised = failure(21211, "is not valid", retry_after=3)

    assert (raised.code, raised.message, raised.retry_after) == ("21211", "is not valid", 3)
    assert str(raised) == "21211: is not valid"


def test_a_failure_of_few_words_ends_in_no_colon() -> None:
    assert str(RetryLater("503")) == "503"


def test_words_that_are_masked_are_masked_everywhere() -> None:
    failure = RetryLater("503", "no route to eggs@example.com")

    failure.message = failure.message.replace("eggs@example.com", "•••")

    assert str(failure) == "503: no route to •••"


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_a_stored_error_keeps_its_class(error_class: ErrorClass) -> None:
    stored = LastError.stored(error_class.value, "21211", "not a number")

    assert stored == LastError(error_class, "21211", "not a number")
    assert stored.error_class is error_class


def test_an_error_of_a_later_version_can_be_read_after_a_rollback() -> None:
    stored = LastError.stored("weather", "17", "rain")

    assert stored == LastError(ErrorClass.TRANSIENT, "17", "rain")
