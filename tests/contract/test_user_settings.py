"""What every store of users' settings does."""

from uuid import uuid4

import pytest

from notification_core.domain.user_settings import UserSettings
from notification_core.ports import Ports
from tests.builders import a_record, a_target


def test_settings_are_read_back_and_replaced(ports: Ports, user: str) -> None:
    first = UserSettings(user=user, locale="de-AT", time_zone="Europe/Vienna")
    second = UserSettings(user=user, time_zone="UTC")

    ports.user_settings.put(first)
    assert ports.user_settings.get([user, "nobody"]) == {user: first}

    ports.user_settings.put(second)
    assert ports.user_settings.get([user]) == {user: second}


def test_empty_settings_remove_what_is_stored(ports: Ports, user: str) -> None:
    empty = UserSettings(user=user)
    ports.user_settings.put(empty)
    ports.user_settings.put(UserSettings(user=user, locale="de"))

    ports.user_settings.put(empty)

    assert ports.user_settings.get([user]) == {}


def test_settings_of_many_users_are_read_together(ports: Ports) -> None:
    many = {name: UserSettings(user=name, locale="fr") for name in (f"u-{uuid4()}" for _ in "ab")}
    for settings in many.values():
        ports.user_settings.put(settings)

    assert ports.user_settings.get(many) == many
    assert ports.user_settings.get([]) == {}


@pytest.mark.parametrize("name", ["a/b", "ü#settings", "x" * 128, "settings#ann", "🦆"])
def test_any_user_id_can_have_settings(ports: Ports, user: str, name: str) -> None:
    settings = UserSettings(user=f"{name}{user}"[-128:], locale="de")

    ports.user_settings.put(settings)

    assert ports.user_settings.get([settings.user]) == {settings.user: settings}


def test_settings_are_no_record_and_stay_beside_the_records_of_the_user(
    ports: Ports, user: str
) -> None:
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    settings = UserSettings(user=user, locale="de")
    ports.user_settings.put(settings)
    record = a_record(user=user, target=target.id, target_user_id=str(uuid4()))
    ports.records.add(record)

    assert ports.records.list_by_user(user) == [record]
    assert ports.records.get([f"settings#{user}", f"user#{user}"]) == {}

    ports.records.remove(record)
    assert ports.records.list_by_user(user) == []
    assert ports.user_settings.get([user]) == {user: settings}
    ports.targets.remove(target)
