"""The outbox keeps a notification until it has been sent."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test.utils import override_settings

from notification_system import InvalidRequest, OptedOut, ServerError
from notification_system.django import notify
from notification_system.django.models import OutboxEntry
from notification_system.django.outbox import send

TEXTS: dict[str, Any] = {"title": "Your order", "body": "It is on its way."}


@pytest.fixture(autouse=True)
def outbox(configure: Callable[..., None]) -> None:
    configure({"OUTBOX": True})


def titles(api: Any, user: Any) -> list[str]:
    return [notification.title for notification in api.notifications(user=str(user.pk))]


def send_outbox(*options: str) -> str:
    out = StringIO()
    call_command("send_outbox", "--older-than", "0", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_an_entry_is_written_in_the_transaction_and_removed_when_it_is_sent(
    api: Any, user: Any
) -> None:
    with transaction.atomic():
        notify(user, **TEXTS)
        assert OutboxEntry.objects.count() == 1

    assert OutboxEntry.objects.count() == 0
    assert titles(api, user) == ["Your order"]


def test_a_rollback_leaves_no_entry(api: Any, user: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        notify(user, **TEXTS)
        raise RuntimeError

    assert (OutboxEntry.objects.count(), titles(api, user)) == (0, [])


def test_an_entry_whose_process_has_ended_after_the_commit_is_sent_by_the_command(
    api: Any, user: Any
) -> None:
    with transaction.atomic():
        notify(user, **TEXTS)
        transaction.get_connection().run_on_commit = []  # the process ends after the commit
    assert titles(api, user) == []

    assert send_outbox() == "1 sent, 0 refused.\n"
    assert titles(api, user) == ["Your order"]
    assert send_outbox() == "0 sent, 0 refused.\n"


def test_an_entry_that_was_sent_before_the_process_ended_is_not_sent_twice(
    api: Any, user: Any
) -> None:
    with transaction.atomic():
        notify(user, **TEXTS)
        transaction.get_connection().run_on_commit = []
    entry = OutboxEntry.objects.get()
    api.send(**entry.item)  # and then the process ended, before it could delete the entry

    assert send_outbox() == "1 sent, 0 refused.\n"
    assert titles(api, user) == ["Your order"]


def test_an_entry_waits_while_the_api_does_not_respond(
    api: Any, user: Any, fail: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    fail(2)
    notify(user, **TEXTS)
    assert "It stays in the outbox" in caplog.text
    with pytest.raises(CommandError, match="Not everything could be sent"):
        send_outbox()
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.refused_at) == (2, None)

    send_outbox()
    assert titles(api, user) == ["Your order"]


def test_an_entry_that_fails_does_not_hold_up_the_others(
    api: Any, user: Any, fail: Callable[[int], None]
) -> None:
    with transaction.atomic():
        for number in range(8):
            notify(user, title=f"Message {number}", body="x")
        transaction.get_connection().run_on_commit = []

    fail(1)
    with pytest.raises(CommandError):
        send_outbox()
    assert len(titles(api, user)) == 7
    assert OutboxEntry.objects.get().item["title"] == "Message 0"

    OutboxEntry.objects.all().delete()
    with transaction.atomic():
        for number in range(8):
            notify(user, title=f"Later {number}", body="x")
        transaction.get_connection().run_on_commit = []
    fail(100)
    with pytest.raises(CommandError):
        send_outbox()
    fail(0)
    assert sum(entry.attempts for entry in OutboxEntry.objects.all()) == 5


def test_a_refused_entry_is_kept_and_does_not_hold_up_the_others(user: Any) -> None:
    notice = notify(user, title="x" * 300, body="x")

    assert isinstance(notice.error, InvalidRequest)
    entry = OutboxEntry.objects.get()
    assert entry.refused_at is not None
    assert send_outbox() == "0 sent, 0 refused.\n"


def test_the_entry_of_a_user_who_has_opted_out_is_not_kept(api: Any, user: Any) -> None:
    api.set_opt_out(str(user.pk), active=True)
    assert isinstance(notify(user, **TEXTS).error, OptedOut)
    assert OutboxEntry.objects.count() == 0

    with transaction.atomic():
        notify(user, **TEXTS)
        transaction.get_connection().run_on_commit = []
    assert send_outbox() == "0 sent, 1 refused.\n"
    assert OutboxEntry.objects.count() == 0


def test_an_entry_that_another_process_has_sent_meanwhile_is_not_written_again(
    user: Any, fail: Callable[[int], None]
) -> None:
    with transaction.atomic():
        notify(user, **TEXTS)
        transaction.get_connection().run_on_commit = []
    entry = OutboxEntry.objects.get()
    OutboxEntry.objects.all().delete()  # sent by the other process

    fail(1)
    with pytest.raises(ServerError):
        send(entry)
    assert OutboxEntry.objects.count() == 0


class OtherDatabase:
    """A router that would keep the entries in another database."""

    def db_for_write(self, *_: Any, **__: Any) -> str:
        return "old"


def test_an_entry_is_in_the_database_of_the_transaction(user: Any) -> None:
    with override_settings(DATABASE_ROUTERS=[OtherDatabase()]), transaction.atomic():
        notify(user, **TEXTS)
        assert OutboxEntry.objects.using("default").count() == 1


def test_the_command_leaves_new_entries_to_the_process_that_wrote_them(user: Any) -> None:
    with transaction.atomic():
        notify(user, **TEXTS)
        transaction.get_connection().run_on_commit = []
    out = StringIO()

    call_command("send_outbox", stdout=out)

    assert out.getvalue() == "0 sent, 0 refused.\n"
