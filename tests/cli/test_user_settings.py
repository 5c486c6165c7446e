"""`notify settings` shows the settings of a user, and changes those that are given."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Gateway, Ran

STORED = {"user": "ann/1", "locale": "de-AT", "time_zone": None}


def put(gateway: Gateway) -> list[Any]:
    """Return the bodies of the requests that change settings."""
    return [json.loads(seen["body"]) for seen in gateway.seen if seen["method"] == "PUT"]


@pytest.fixture
def stored(gateway: Gateway) -> Gateway:
    """A gateway that stores settings."""
    gateway.respond = lambda _, body: (200, STORED | (body or {}))
    return gateway


def test_settings_are_shown(on_aws: Callable[..., Ran], stored: Gateway) -> None:
    ran = on_aws("settings", "ann/1")

    assert ran.out == "ann/1: locale de-AT, time zone not set\n"
    assert put(stored) == []
    assert stored.seen[0]["path"] == "/v1/users/ann%2F1/settings"


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("--locale", "fr"), {"locale": "fr", "time_zone": None}),
        (("--time-zone", "Europe/Rome"), {"locale": "de-AT", "time_zone": "Europe/Rome"}),
        (("--locale", ""), {"locale": None, "time_zone": None}),
    ],
)
def test_only_the_given_settings_are_changed(
    on_aws: Callable[..., Ran], stored: Gateway, words: tuple[str, ...], body: dict[str, Any]
) -> None:
    ran = on_aws("settings", "ann/1", *words, "--json")

    assert put(stored) == [body]
    assert json.loads(ran.out) == STORED | body
