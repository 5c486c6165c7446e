"""Targets, and users' addresses in them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.addresses import (
    Address,
    Deactivation,
    spellings,
    user_of_address,
)
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import InvalidAddress
from tests.builders import NOON, a_record, a_target, an_opt_out

#: An entity, one of its texts, and how long that may be.
LIMITED: list[tuple[Callable[..., Any], str, int]] = [
    (a_target, "name", 128),
    (a_record, "user", 128),
    (an_opt_out, "user", 128),
    (a_record, "description", 1024),
]


@pytest.mark.parametrize(("entity", "field", "limit"), LIMITED)
def test_a_text_of_the_longest_length_is_kept(
    entity: Callable[..., Any], field: str, limit: int
) -> None:
    assert getattr(entity(**{field: "ü" * limit}), field) == "ü" * limit


@pytest.mark.parametrize(("entity", "field", "limit"), LIMITED)
def test_a_text_that_is_too_long_is_refused_with_its_size(
    entity: Callable[..., Any], field: str, limit: int
) -> None:
    with pytest.raises(InvalidInput) as refused:
        entity(**{field: "x" * (limit + 1)})

    assert refused.value.detail == f"{field}: must be at most {limit} characters, not {limit + 1}"


@pytest.mark.parametrize("blank", ["", " ", "\n"])
@pytest.mark.parametrize(
    ("entity", "field"), [(a_target, "name"), (a_record, "user"), (an_opt_out, "user")]
)
def test_a_blank_name_or_user_is_refused(
    entity: Callable[..., Any], field: str, blank: str
) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: must not be empty$"):
        entity(**{field: blank})


def test_a_user_is_whatever_the_caller_calls_one() -> None:
    assert a_record(user="org/7:jane@example.com#é").user == "org/7:jane@example.com#é"


def test_a_record_is_active_and_undescribed_by_default() -> None:
    record = a_record()

    assert (record.active, record.description) == (True, "")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"id": "other", "active": False, "description": "home"}, True),
        ({"user": "other"}, False),
        ({"target": "other"}, False),
        ({"target_user_id": "456"}, False),
    ],
)
def test_user_target_and_address_make_a_record_unique(
    changes: dict[str, Any], *, same: bool
) -> None:
    record = a_record()

    assert (Address.of(record) == Address.of(replace(record, **changes))) == same


NOW = NOON + timedelta(seconds=5)
FULL = InvalidAddress("552", "mailbox full", soft=True)


def test_an_invalid_address_is_deactivated_with_the_providers_reason() -> None:
    off = a_record().deactivated(InvalidAddress("21211", "not a number"), NOW)

    assert (off.active, off.updated_at) == (False, NOW)
    assert off.deactivation == Deactivation("not a number", "21211", NOW)


def test_a_provider_of_few_words_or_many_leaves_a_reason_all_the_same() -> None:
    short, long = (
        a_record().deactivated(InvalidAddress("1", said), NOW) for said in ("", "x" * 999)
    )

    assert short.deactivation is not None
    assert long.deactivation is not None
    assert short.deactivation.reason == "the provider reports that the address is invalid"
    assert long.deactivation.reason == "x" * 200


def test_the_strike_that_reaches_the_limit_switches_it_off() -> None:
    record, states = a_record(), []
    for _ in range(3):
        record = record.struck(FULL, 3, NOW)
        states.append((record.strikes, record.active))

    assert states == [(1, True), (2, True), (3, False)]
    assert record.deactivation == Deactivation("3 soft failures in a row", "552", NOW)


def test_a_strike_against_what_is_switched_off_already_leaves_the_reason_it_had() -> None:
    off = a_record(active=False, strikes=7).struck(FULL, 3, NOW)

    assert (off.strikes, off.active, off.deactivation) == (8, False, None)


def test_a_cleared_record_has_no_strikes_and_no_reason_to_be_off() -> None:
    off = a_record(strikes=2).deactivated(InvalidAddress("21211"), NOON)

    assert off.cleared(NOW) == replace(off, strikes=0, deactivation=None, updated_at=NOW)


@pytest.mark.parametrize(
    ("address", "forms"),
    [
        ("ann@example.com", ["ann@example.com"]),
        (" Ann@Example.com", [" Ann@Example.com", "Ann@Example.com", "ann@example.com"]),
        ("+15551234567", ["+15551234567", "15551234567"]),
        ("+1 555 123-45", ["+1 555 123-45", "155512345", "+155512345"]),
        ("0049 30 1", ["0049 30 1", "0049301", "+0049301", "+49301"]),
        ("call-me", ["call-me"]),
        ("--", ["--"]),
    ],
)
def test_an_address_is_compared_in_several_spellings(address: str, forms: list[str]) -> None:
    assert spellings(address) == forms


@pytest.mark.parametrize(
    ("address", "user"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        (" ann@example.com ", "ann@example.com"),
        ("+1 591 300-0503", "+15913000503"),
        ("+15913000503", "+15913000503"),
        ("10.1", "10.1"),
        ("ExponentPushToken[aBc]", "ExponentPushToken[aBc]"),
        ("https://example.com/Hooks", "https://example.com/Hooks"),
    ],
)
def test_the_user_of_an_address_is_its_normalised_form(address: str, user: str) -> None:
    assert user_of_address(address) == user


@given(st.text())
def test_the_user_of_a_user_is_the_same_user(address: str) -> None:
    user = user_of_address(address)

    assert user_of_address(user) == user


@pytest.mark.parametrize(
    ("address", "spelling"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("+1 591 300-0503", "+15913000503"),
        ("001 591 3000503", "+15913000503"),
    ],
)
def test_an_address_is_also_looked_for_in_other_spellings(address: str, spelling: str) -> None:
    assert spelling in spellings(address)
    assert spellings(address)[0] == address
