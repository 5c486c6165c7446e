"""A key that is used for another request: the error names the fields and the first use."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.content import Content
from notification_core.domain.errors import IdempotencyMismatch
from notification_core.usecases.sending.schedule import schedule
from tests.builders import NOON, World, a_draft


def refusal(world: World, **changes: Any) -> IdempotencyMismatch:
    """Repeat a request with changes, a minute later."""
    world.watch.forward(minutes=1)
    with pytest.raises(IdempotencyMismatch) as refused:
        schedule(world.ports, "caller", a_draft(idempotency_key="key", **changes))
    return refused.value


def names(error: IdempotencyMismatch) -> list[str]:
    """The fields that the error names."""
    return [field.field for field in error.fields]


def test_the_error_names_the_fields_the_first_use_and_the_scope_of_keys(world: World) -> None:
    schedule(world.ports, "caller", a_draft(idempotency_key="key"))

    error = refusal(world, title="Other", category="news")

    assert names(error) == ["title", "category"]
    assert "differs in title, category." in error.detail
    assert f"used at {NOON:%Y-%m-%dT%H:%M:%SZ}" in error.detail
    assert (
        "All requests that one identity signs, for any user, share one set of keys" in error.detail
    )


def test_a_large_content_is_loaded_to_be_compared(world: World) -> None:
    schedule(world.ports, "caller", a_draft(idempotency_key="key", body="x" * 100_000))

    assert names(refusal(world, body="x" * 99_999)) == ["body"]


def test_a_lost_content_is_not_compared(world: World) -> None:
    [lead] = schedule(world.ports, "caller", a_draft(idempotency_key="key")).notifications
    lost = Content(title="", body="", key="gone", lost=True)
    world.notifications.stored[lead.id] = replace(lead, content=lost)

    assert names(refusal(world, title="Other", max_retries=9)) == ["max_retries"]


def test_another_recipient_is_named(world: World) -> None:
    schedule(world.ports, "caller", a_draft(idempotency_key="key"))

    assert names(refusal(world, user="nobody")) == ["user"]
    assert names(refusal(world, user=None, target_user_record="other")) == ["target_user_record"]


def test_without_a_time_the_first_request_meant_its_own_present(world: World) -> None:
    schedule(world.ports, "caller", a_draft(idempotency_key="key"))

    assert names(refusal(world, scheduled_delivery=NOON + timedelta(hours=2))) == [
        "scheduled_delivery"
    ]
    assert names(refusal(world, title="Other")) == ["title"]


def test_fields_that_are_not_stored_as_written_are_named_as_possible(world: World) -> None:
    schedule(world.ports, "caller", a_draft(idempotency_key="key"))

    error = refusal(world, targets=["Pigeon"])

    assert names(error) == []
    assert "differs in one of user, target_user_record, targets," in error.detail
