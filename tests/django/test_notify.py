"""`notify` sends after the commit, and never after a rollback."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.translation import gettext_lazy

from notification_system import ConnectionFailed, NoActiveRecords, OptedOut, ServerError
from notification_system.django import notify
from notification_system.django.commits import after_commit

TEXTS: dict[str, Any] = {"title": "Your order", "body": "It is on its way."}


def titles(api: Any, user: Any) -> list[str]:
    return [notification.title for notification in api.notifications(user=str(user.pk))]


def test_a_notification_is_created_for_each_address(api: Any, user: Any) -> None:
    notice = notify(user, **TEXTS, targets=["Email"], category="orders")

    [created] = notice.notifications
    stored = api.get_notification(created.id)
    assert (stored.user, stored.title, stored.category) == (str(user.pk), "Your order", "orders")


def test_nothing_is_sent_before_the_commit(api: Any, user: Any) -> None:
    with transaction.atomic():
        notice = notify(user, **TEXTS)
        assert titles(api, user) == []
        assert notice.notifications == ()

    assert titles(api, user) == ["Your order"]


def test_a_rollback_sends_nothing(api: Any, user: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        notify(user, **TEXTS)
        raise RuntimeError
    with transaction.atomic():
        with pytest.raises(RuntimeError), transaction.atomic():
            notify(user, **TEXTS)
            raise RuntimeError
        notify(user, title="Kept", body="The outer transaction was committed.")

    assert titles(api, user) == ["Kept"]


def test_a_key_sends_one_notification_for_each_user(api: Any, user: Any) -> None:
    other = type(user).objects.create_user("gus", "gus@example.com")

    first = notify(user, **TEXTS, key="order-21-shipped")
    again = notify(user, **TEXTS, key="order-21-shipped")
    notify(other, **TEXTS, key="order-21-shipped")

    assert first.notifications[0].id == again.notifications[0].id
    assert (titles(api, user), titles(api, other)) == (["Your order"], ["Your order"])


def test_without_a_key_each_call_sends(api: Any, user: Any) -> None:
    notify(user, **TEXTS)
    notify(user, **TEXTS)

    assert titles(api, user) == ["Your order", "Your order"]


def test_a_long_key_is_accepted(user: Any) -> None:
    assert notify(user, **TEXTS, key="k" * 1000).error is None


def test_a_naive_time_is_in_the_current_time_zone(api: Any, user: Any) -> None:
    notice = notify(user, **TEXTS, scheduled_delivery=datetime(2027, 7, 1, 12, 0))  # noqa: DTZ001

    stored = api.get_notification(notice.notifications[0].id)
    assert stored.scheduled_delivery == datetime(2027, 7, 1, 10, 0, tzinfo=UTC)


def test_lazy_translations_and_the_values_of_models_become_texts(api: Any, user: Any) -> None:
    api.put_template(
        "invoice",
        default_locale="en",
        content={
            "en": {
                "email": {
                    "subject": "{{ total }}",
                    "html": "<p>{{ day }} {{ unsubscribe_url }}</p>",
                }
            }
        },
        schema={
            "type": "object",
            "properties": {"total": {"type": "string"}, "day": {"type": "string"}},
            "required": ["total", "day"],
            "examples": [{"total": "1", "day": "2026-01-01"}],
        },
    )
    api.publish_template("invoice")
    day = date(2027, 1, 2)
    notice = notify(user, template="invoice", data={"total": Decimal("9.90"), "day": day})
    assert notice.error is None
    assert api.get_notification(notice.notifications[0].id).title == "9.90"

    notify(user, title=gettext_lazy("Welcome"), body="Hello")
    assert "Welcome" in titles(api, user)


def test_a_refusal_is_in_the_result_and_does_not_raise(
    api: Any, user: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api.set_opt_out(str(user.pk), active=True)
    stranger = type(user).objects.create_user("nobody")

    assert isinstance(notify(user, **TEXTS).error, OptedOut)
    assert isinstance(notify(stranger, **TEXTS).error, NoActiveRecords)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_an_unreachable_api_is_logged_and_does_not_affect_other_callbacks(
    user: Any, configure: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    configure({"API_URL": "http://127.0.0.1:9/v1"})
    called = []
    with transaction.atomic():
        notice = notify(user, **TEXTS)
        transaction.on_commit(lambda: called.append(True))

    assert isinstance(notice.error, ConnectionFailed)
    assert called == [True]
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert f"The notification of user {user.pk} failed: POST /notifications: " in record.message
    assert record.message.endswith("(attempt 1). Check API_URL and the network.")
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"title": "x" * 300}, ["422", "title", "Correct these fields."]),
        ({"targets": ["Fax"]}, ["404", "Fax", "Correct the name of the target"]),
        ({"key": "order-1", "body": "Another."}, ["409", "body: differs", "Use another key"]),
    ],
    ids=["invalid", "unknown target", "repeated key"],
)
def test_a_refusal_is_logged_in_one_line_with_its_fields_and_a_remedy(
    user: Any, caplog: pytest.LogCaptureFixture, arguments: dict[str, Any], words: list[str]
) -> None:
    notify(user, **TEXTS, key="order-1")
    notify(user, **(TEXTS | arguments))

    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [word for word in words if word not in record.message] == []
    assert "\n" not in record.message
    assert record.exc_info is None


def test_another_failure_is_logged_and_does_not_affect_other_callbacks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    called: list[str] = []

    with transaction.atomic():
        after_commit(None, int, "not a number")
        after_commit(None, called.append, "the next")

    assert called == ["the next"]
    assert "invalid literal for int()" in caplog.text


def test_a_failing_api_is_the_error_of_the_result(user: Any, fail: Callable[[int], None]) -> None:
    fail(1)

    assert isinstance(notify(user, **TEXTS).error, ServerError)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"titel": "x"}, TypeError),
        ({"idempotency_key": "x"}, TypeError),
        ({"data": {"a": object()}}, TypeError),
    ],
    ids=["unknown", "own", "not JSON"],
)
def test_an_argument_that_cannot_be_sent_raises_before_the_commit(
    user: Any, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        notify(user, **arguments)


def test_a_user_without_an_id_is_refused() -> None:
    with pytest.raises(ValueError, match="has no id"):
        notify(AnonymousUser(), **TEXTS)
