"""The addresses follow the user model, and what others have switched off stays off."""

import gc
from collections.abc import Callable
from contextlib import nullcontext
from inspect import isgenerator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from notification_system.django import sync_addresses


def records(api: Any, user: Any) -> dict[str, bool]:
    """Return whether each address of a user is active."""
    return {record.target_user_id: record.active for record in api.records(str(user.pk))}


def change_email(user: Any, email: str) -> None:
    user.email = email
    user.save()


def test_a_new_user_is_registered_after_the_commit(api: Any, user: Any) -> None:
    with transaction.atomic():
        other = type(user).objects.create_user("gus", "gus@example.com")
        assert records(api, other) == {}

    assert records(api, other) == {"gus@example.com": True}
    assert records(api, user) == {"pat@example.com": True}


def test_a_user_of_a_transaction_that_was_rolled_back_is_not_registered(
    api: Any, user: Any
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        change_email(user, "other@example.com")
        raise RuntimeError

    assert records(api, user) == {"pat@example.com": True}


def test_an_old_address_is_switched_off_and_a_restored_one_on_again(api: Any, user: Any) -> None:
    change_email(user, "new@example.com")
    assert records(api, user) == {"pat@example.com": False, "new@example.com": True}

    change_email(user, "pat@example.com")
    assert records(api, user) == {"pat@example.com": True, "new@example.com": False}

    change_email(user, "")
    assert records(api, user) == {"pat@example.com": False, "new@example.com": False}


def test_two_changes_in_a_transaction_leave_the_last_address(api: Any, user: Any) -> None:
    with transaction.atomic():
        change_email(user, "second@example.com")
        change_email(user, "third@example.com")

    assert records(api, user) == {"pat@example.com": False, "third@example.com": True}


def test_an_address_that_a_person_has_switched_off_stays_off(api: Any, user: Any) -> None:
    [record] = api.records(str(user.pk))
    api.change_record(record.id, active=False)

    sync_addresses(user)
    change_email(user, "new@example.com")
    change_email(user, "pat@example.com")
    call_command("sync_notification_addresses", stdout=StringIO(), stderr=StringIO())

    assert records(api, user)["pat@example.com"] is False


def test_an_address_that_was_registered_elsewhere_is_kept(api: Any, user: Any) -> None:
    api.add_record(user=str(user.pk), target="Email", target_user_id="second@example.com")
    api.add_record(user=str(user.pk), target="Twilio", target_user_id="+15551230017")

    change_email(user, "new@example.com")

    assert records(api, user) == {
        "pat@example.com": False,
        "new@example.com": True,
        "second@example.com": True,
        "+15551230017": True,
    }


def test_an_imported_address_is_switched_off_when_the_user_no_longer_has_it(
    api: Any, user: Any
) -> None:
    type(user).objects.filter(pk=user.pk).update(email="imported@example.com")
    api.add_record(
        user=str(user.pk),
        target="Email",
        target_user_id="imported@example.com",
        description="Pat's Email",
    )
    user.refresh_from_db()

    change_email(user, "new@example.com")

    assert records(api, user)["imported@example.com"] is False


def test_other_capitals_are_the_same_address(api: Any, user: Any) -> None:
    change_email(user, "Pat@Example.com")

    assert list(records(api, user).values()) == [True]


def test_a_deleted_user_is_switched_off(api: Any, user: Any) -> None:
    key = str(user.pk)
    user.delete()

    assert [record.active for record in api.records(key)] == [False]


def id_of(user: Any) -> str | None:
    """The id of a user, whom a project gives it later than it creates the user."""
    return f"u-{user.first_name}" if user.first_name else None


def test_a_user_without_an_id_can_be_saved_and_deleted_and_is_registered_later(
    api: Any, configure: Callable[..., None]
) -> None:
    from django.contrib.auth.models import User

    configure({"USER_ID": "tests.django.test_addresses.id_of"})
    user = User.objects.create_user("lea", "lea@example.com")
    out, err = synchronise(problems=True)
    assert out.endswith("1 problem.\n")
    assert "has no id" in err

    user.first_name = "lea"
    user.save()
    assert [record.target_user_id for record in api.records("u-lea")] == ["lea@example.com"]

    User.objects.create_user("max", "max@example.com").delete()


def test_a_login_costs_no_query(user: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        user.save(update_fields=["last_login"])

    assert len(queries) == 1  # the update itself


def test_an_unreachable_api_does_not_affect_the_save(
    user: Any, fail: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    fail(1)
    change_email(user, "new@example.com")

    assert "Run: manage.py sync_notification_addresses" in caplog.text
    assert "Traceback" not in caplog.text

    fail(1)
    user.delete()

    assert "switch the addresses off, or erase the user" in caplog.text


def tokens(user: Any) -> list[str]:
    """The push tokens of a user, as a project would read them from another table."""
    return [f"ExponentPushToken[{user.username}{number}]" for number in (1, 2)]


def test_functions_and_settings_of_a_user_are_transferred(
    configure: Callable[..., None], api: Any
) -> None:
    from django.contrib.auth.models import User

    configure(
        {
            "ADDRESSES": {"Email": "email", "Expo": "tests.django.test_addresses.tokens"},
            "USER_ID": lambda user: f"u-{user.username}",
            "LOCALE": "first_name",
            "TIME_ZONE": "last_name",
        }
    )
    user = User(username="lea", email="lea@example.com")
    user.first_name, user.last_name = "de-at", "Europe/Vienna"
    user.save()

    assert {record.target_user_id for record in api.records("u-lea")} == {
        "lea@example.com",
        "ExponentPushToken[lea1]",
        "ExponentPushToken[lea2]",
    }
    stored = api.get_user_settings("u-lea")
    assert (stored.locale, stored.time_zone) == ("de-AT", "Europe/Vienna")


def test_a_new_id_of_a_user_takes_the_addresses_along(
    configure: Callable[..., None], api: Any
) -> None:
    from django.contrib.auth.models import User

    configure({"USER_ID": "username"})
    user = User.objects.create_user("lea", "lea@example.com")
    user.username = "lea2"
    user.save()

    assert [record.active for record in api.records("lea")] == [False]
    assert [record.active for record in api.records("lea2")] == [True]


def synchronise(*options: str, problems: bool = False) -> tuple[str, str]:
    """Return the output of the command, which fails if it has problems."""
    out, err = StringIO(), StringIO()
    expected = pytest.raises(CommandError, match=r"1 problem \(see above\)")
    with expected if problems else nullcontext():
        call_command("sync_notification_addresses", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_transfers_what_no_signal_has_reported(api: Any, user: Any) -> None:
    users = type(user).objects
    users.bulk_create(
        [type(user)(username=f"user{n}", email=f"user{n}@example.com") for n in range(120)]
    )
    users.filter(pk=user.pk).update(email="updated@example.com")
    users.create_user("invalid", "not an address")

    out, _ = synchronise("--dry-run")
    assert out.startswith("122 users: 122 addresses would be added, 1 would be switched off")
    assert records(api, user) == {"pat@example.com": True}

    out, err = synchronise(problems=True)
    assert out.startswith("122 users: 121 addresses added, 1 switched off")
    assert out.endswith("1 problem.\n")
    assert "not an address" in err
    assert "100 of 122 users" in err
    assert records(api, user) == {"pat@example.com": False, "updated@example.com": True}

    out, _ = synchronise(problems=True)  # that address is refused again
    assert out.startswith("122 users: 0 addresses added, 0 switched off")


def test_the_command_says_how_to_go_on_after_an_interruption(
    user: Any, fail: Callable[[int], None]
) -> None:
    assert user.email
    fail(3)

    with pytest.raises(CommandError, match=r"[^.]\. Try again later\. Repeat the command\."):
        synchronise()


def test_an_interrupted_command_leaves_no_open_cursor(
    user: Any, fail: Callable[[int], None]
) -> None:
    type(user).objects.bulk_create([type(user)(username=f"user{n}") for n in range(20)])
    fail(100)

    with pytest.raises(CommandError) as raised:
        synchronise()

    fail(0)
    assert raised.tb is not None  # it would keep the generators alive
    unfinished = [item for item in gc.get_objects() if isgenerator(item) and item.gi_frame]
    assert [item.__name__ for item in unfinished if item.__name__ == "cursor_iter"] == []
