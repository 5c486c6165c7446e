"""Which stored notification is the very one that a request was about to create."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.claim import Origin
from notification_core.domain.content import Content
from notification_core.domain.failures import Rejected
from notification_core.domain.idempotency import is_same_creation
from tests.builders import NOON, a_claim, a_notification


def test_a_notification_is_the_same_whatever_became_of_it() -> None:
    created = a_notification(origin=Origin("f" * 32, ("record-2",)))
    claimed = created.claimed(a_claim(), NOON)
    failed = claimed.failed(NOON, Rejected("21617"))
    redriven = failed.redriven(NOON, NOON + timedelta(hours=1), 3, "")

    for stored in (created, claimed, failed, redriven):
        assert is_same_creation(stored, created)


@pytest.mark.parametrize(
    "other",
    [
        {"id": "another"},
        {"user": "spam"},
        {"target": "another"},
        {"target_user_record": "another"},
        {"module": "crow"},
        {"category": "news"},
        {"reference": "order 1"},
        {"content": Content(title="Good morning", body="other")},
        {"content": Content(title="", body="", key="soon/1")},
        {"scheduled_delivery": NOON + timedelta(milliseconds=1)},
        {"deliver_before": NOON + timedelta(hours=1)},
        {"origin": Origin("f" * 32)},
        {"created_at": NOON},
    ],
)
def test_one_that_was_decided_otherwise_is_another(other: dict[str, Any]) -> None:
    created = a_notification()

    assert not is_same_creation(replace(created, **other), created)
