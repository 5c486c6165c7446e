"""What is kept of a provider's words, and which failure an end has."""

import pytest

from notification_core.domain.delivery import (
    Accepted,
    Complained,
    Delayed,
    ReportContent,
    Unsent,
    failure_in,
)
from notification_core.domain.failures import RetryLater

HALF, WHOLE = "half \ud83d of an emoji", "half ? of an emoji"


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (Accepted(HALF, HALF), {"provider_message_id": WHOLE, "note": WHOLE}),
        (Accepted(None), {"provider_message_id": None, "note": ""}),
        (Delayed(HALF), {"detail": WHOLE}),
        (Complained(HALF, HALF), {"code": WHOLE, "detail": WHOLE}),
        (RetryLater(HALF, HALF), {"code": WHOLE, "message": WHOLE}),
        (RetryLater(503, None), {"code": "503", "message": ""}),
        (RetryLater("é😀", "é😀"), {"code": "é😀", "message": "é😀"}),
    ],
)
def test_a_providers_message_is_kept_as_text_that_a_store_can_hold(
    outcome: ReportContent, kept: dict[str, str | None]
) -> None:
    assert {name: getattr(outcome, name) for name in kept} == kept


def test_an_end_names_its_failure_if_it_has_one() -> None:
    failure = RetryLater("503")

    assert failure_in(failure) is failure_in(Unsent(failure)) is failure
    assert failure_in(Accepted("SM1")) is failure_in(Unsent()) is None
