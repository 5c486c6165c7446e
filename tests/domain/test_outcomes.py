"""Failures: one class for each error_class, and what they say of themselves."""

import pytest

from notification_core.domain.outcomes import (
    FAILURES,
    Accepted,
    Complained,
    Delayed,
    DeliveryFailed,
    ErrorClass,
    ReportContent,
    RetryLater,
    Unsent,
    failure_in,
)


def test_there_is_one_failure_for_each_class() -> None:
    assert {failure.error_class for failure in FAILURES.values()} == set(ErrorClass)
    assert all(failure.error_class is error_class for error_class, failure in FAILURES.items())


@pytest.mark.parametrize("failure", list(FAILURES.values()))
def test_a_failure_tells_its_code_and_message(failure: type[DeliveryFailed]) -> None:
    raised = failure(21211, "is not valid", retry_after=3)

    assert (raised.code, raised.message, raised.retry_after) == ("21211", "is not valid", 3)
    assert str(raised) == "21211: is not valid"


def test_a_failure_of_few_words_ends_in_no_colon() -> None:
    assert str(RetryLater("503")) == "503"


def test_words_that_are_masked_are_masked_everywhere() -> None:
    failure = RetryLater("503", "no route to eggs@example.com")

    failure.message = failure.message.replace("eggs@example.com", "•••")

    assert str(failure) == "503: no route to •••"


HALF, WHOLE = "half \ud83d of an emoji", "half ? of an emoji"


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (Accepted(HALF, HALF), {"provider_message_id": WHOLE, "note": WHOLE}),
        (Accepted(None), {"provider_message_id": None, "note": ""}),
        (Accepted(""), {"provider_message_id": None}),
        (Accepted("x" * 513), {"provider_message_id": "x" * 512}),
        (Delayed(HALF), {"detail": WHOLE}),
        (Complained(HALF, HALF), {"code": WHOLE, "detail": WHOLE}),
        (RetryLater(HALF, HALF), {"code": WHOLE, "message": WHOLE}),
        (RetryLater(503, None), {"code": "503", "message": ""}),
        (RetryLater("é😀", "é😀"), {"code": "é😀", "message": "é😀"}),
    ],
)
def test_what_is_kept_of_a_providers_words_is_text_that_a_store_can_hold(
    outcome: ReportContent, kept: dict[str, str | None]
) -> None:
    assert {name: getattr(outcome, name) for name in kept} == kept


def test_an_end_names_its_failure_if_it_has_one() -> None:
    failure = RetryLater("503")

    assert failure_in(failure) is failure_in(Unsent(failure)) is failure
    assert failure_in(Accepted("SM1")) is failure_in(Unsent()) is None
