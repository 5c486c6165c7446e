"""Which locales and time zones a user may have."""

import pytest

from notification_core.domain.errors import InvalidInput
from notification_core.domain.user_settings import UserSettings, check_time_zone, checked_locale


@pytest.mark.parametrize(
    ("given", "stored"), [("de", "de"), ("DE-at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW")]
)
def test_a_locale_is_stored_in_its_canonical_form(given: str, stored: str) -> None:
    assert checked_locale(given) == stored


@pytest.mark.parametrize("locale", ["", " ", "d", "de_AT", "de-", "de AT", "a" * 65, "ü"])
def test_a_malformed_locale_is_rejected_by_its_field(locale: str) -> None:
    with pytest.raises(InvalidInput, match="de-AT") as caught:
        checked_locale(locale)

    assert [error.field for error in caught.value.fields] == ["locale"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna", "America/Argentina/Buenos_Aires"])
def test_a_zone_of_the_database_is_accepted(zone: str) -> None:
    check_time_zone(zone)


@pytest.mark.parametrize(
    "zone",
    ["", "Europe", "Mars/Base", "../UTC", "/etc/localtime", "localtime", "a\0b", "x" * 300, "+01"],
)
def test_another_zone_is_rejected_by_its_field(zone: str) -> None:
    with pytest.raises(InvalidInput, match="Europe/Vienna") as caught:
        check_time_zone(zone)

    assert [error.field for error in caught.value.fields] == ["time_zone"]


def test_settings_without_any_value_are_empty() -> None:
    assert UserSettings(user="ann").is_empty
    assert not UserSettings(user="ann", time_zone="UTC").is_empty


def test_settings_need_a_valid_user_id() -> None:
    with pytest.raises(InvalidInput):
        UserSettings(user=" ")
