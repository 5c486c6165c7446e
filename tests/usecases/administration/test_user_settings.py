"""A user's settings: replaced as a whole, and rejected during an erasure."""

import pytest

from notification_core.domain.errors import BeingErased, InvalidInput
from notification_core.domain.user_settings import UserSettings
from notification_core.usecases.administration.user_settings import (
    get_user_settings,
    set_user_settings,
)
from notification_core.usecases.privacy.export import export
from tests.builders import World
from tests.usecases.privacy.erasures import erased

VIENNA = UserSettings(user="eggs", locale="de-AT", time_zone="Europe/Vienna")


def put(world: World) -> UserSettings:
    """Store the settings of a Viennese."""
    return set_user_settings(world.ports, "eggs", locale="de-at", time_zone="Europe/Vienna")


def test_settings_are_stored_in_canonical_form_and_replaced_as_a_whole(world: World) -> None:
    assert get_user_settings(world.ports, "eggs") == UserSettings(user="eggs")
    assert put(world) == VIENNA
    assert get_user_settings(world.ports, "eggs") == VIENNA

    changed = set_user_settings(world.ports, "eggs", locale="fr", time_zone=None)

    assert get_user_settings(world.ports, "eggs") == changed
    assert changed == UserSettings(user="eggs", locale="fr")


def test_invalid_settings_leave_the_stored_ones_unchanged(world: World) -> None:
    put(world)

    with pytest.raises(InvalidInput):
        set_user_settings(world.ports, "eggs", locale="de", time_zone="Mars")
    with pytest.raises(InvalidInput):
        set_user_settings(world.ports, "eggs", locale="-", time_zone=None)

    assert get_user_settings(world.ports, "eggs") == VIENNA


def test_the_first_page_of_an_export_contains_the_settings(world: World) -> None:
    assert export(world.ports, "eggs", 50, None).settings is None
    put(world)

    assert export(world.ports, "eggs", 50, None).settings == VIENNA


def test_an_erasure_removes_settings_and_counts_them(world: World) -> None:
    put(world)

    done = erased(world)

    assert done.counts == {"records": 1, "settings": 1}
    assert world.user_settings.stored == {}


def test_settings_are_rejected_during_an_erasure_and_accepted_after_it(world: World) -> None:
    rejections = list[BeingErased]()

    def try_to_store() -> None:
        with pytest.raises(BeingErased) as caught:
            put(world)
        rejections.append(caught.value)

    erased(world, between=try_to_store)

    assert rejections
    assert put(world) == VIENNA


def test_settings_of_a_request_that_read_the_ledger_before_the_erasure_are_removed(
    world: World,
) -> None:
    erased(world, between=lambda: world.user_settings.put(VIENNA))

    assert world.user_settings.stored == {}
