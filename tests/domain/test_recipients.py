"""Targets, their modules, users' addresses, opt-outs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from notifications.domain.errors import InvalidInput
from notifications.domain.recipients import Address
from tests.builders import a_module, a_record, a_target, an_opt_out

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


def test_a_record_is_active_and_undescribed_unless_said_otherwise() -> None:
    record = a_record()

    assert (record.active, record.description) == (True, "")


@pytest.mark.parametrize("address", ["1", "0123456789", "9" * 2048])
def test_an_address_that_the_whole_pattern_matches_is_accepted(address: str) -> None:
    a_module().check_address(address)


@pytest.mark.parametrize("address", ["x", "1x", "x1", "1\n", "1 ", "\u0661"])
def test_any_other_is_refused_with_what_one_looks_like(address: str) -> None:
    with pytest.raises(InvalidInput, match=r"^target_user_id: must be a number$"):
        a_module().check_address(address)


@pytest.mark.parametrize(
    ("address", "message"),
    [("", "must not be empty"), ("1" * 2049, "must be at most 2048 characters, not 2049")],
)
def test_no_address_and_an_endless_one_are_refused(address: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^target_user_id: {message}$"):
        a_module().check_address(address)


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


@pytest.mark.parametrize(
    "changes",
    [
        {"on_unknown": "at-least-once"},
        {"retry_time_interval": 0},
        {"backoff_rate": 0.5},
        {"max_per_second": 0},
    ],
)
def test_a_module_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        a_module(**changes)
