"""Unsubscribe links: they name nobody, none can be made up, and they work for ever."""

import base64
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.failures import Misconfigured
from notification_core.entrypoints.unsubscribe import handler
from notification_core.entrypoints.unsubscribe.handler import (
    InvalidToken,
    Subscription,
    link_for,
    seal,
    unseal,
)
from notification_core.runtime.settings import ConsumerSettings
from tests.builders import a_delivery

SUBSCRIPTION = Subscription("eggs@example.com", "news", "0b9cf1a8")
KEY = "a key of this very test"


class Secret:
    """The secret as it is now; a test may replace the key."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {"key": KEY}

    def __call__(self, *required: str, variable: str) -> dict[str, Any]:
        assert (required, variable) == (("key",), "UNSUBSCRIBE_SECRET_ID")
        if not self.said:
            raise Misconfigured("secret-unreadable")
        return self.said


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> Secret:
    """Give the links a key without a store of secrets."""
    secret = Secret()
    monkeypatch.setattr(handler, "credentials", secret)
    return secret


def reachable(monkeypatch: pytest.MonkeyPatch, public_url: str | None) -> None:
    """Say where recipients reach us."""
    settings = ConsumerSettings(
        module="email", provider_url=None, public_url=public_url, max_concurrency=1
    )
    monkeypatch.setattr(handler, "consumer_settings", lambda: settings)


def test_a_token_is_read_back() -> None:
    assert unseal(seal(SUBSCRIPTION)) == SUBSCRIPTION


def test_a_token_is_url_safe_and_does_not_reveal_its_user() -> None:
    token = seal(SUBSCRIPTION)

    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    inside = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for name in (b"eggs", b"news", b"0b9cf1a8"):
        assert name not in inside


def test_a_notification_has_one_link_and_no_two_notifications_share_any_of_it() -> None:
    tokens = {seal(replace(SUBSCRIPTION, notification_id=f"id-{n % 50}")) for n in range(100)}

    assert len(tokens) == 50
    pieces = [token[place : place + 6] for token in tokens for place in range(len(token) - 5)]
    assert len(set(pieces)) > len(pieces) * 0.99, "no two share even a few characters"


plain = st.characters(exclude_categories=["Cs"])
users = st.text(plain, min_size=1, max_size=128)


def test_a_user_may_be_called_anything() -> None:
    @given(users)
    def read_back(user: str) -> None:
        subscription = Subscription(user, "news", "it")
        assert unseal(seal(subscription)) == subscription

    read_back()


def test_a_token_that_was_changed_anywhere_is_refused() -> None:
    token = seal(SUBSCRIPTION)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in range(len(raw)):
        other = bytearray(raw)
        other[place] ^= 1
        with pytest.raises(InvalidToken):
            unseal(base64.urlsafe_b64encode(bytes(other)).decode())


@pytest.mark.parametrize("cut", [1, 4, 12, 40])
def test_a_token_that_was_cut_off_or_added_to_is_refused(cut: int) -> None:
    token = seal(SUBSCRIPTION)

    for changed in (token[:-cut], token[cut:], token + "A" * cut):
        with pytest.raises(InvalidToken):
            unseal(changed)


@pytest.mark.parametrize(
    "token", ["", "A", "AAAA", "A" * 16, "A" * 400, "é", "%%%", "../..", " ", "=", "A" * 17]
)
def test_an_invalid_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        unseal(token)


def test_a_token_of_another_deployment_is_refused(secret: Secret) -> None:
    token = seal(SUBSCRIPTION)
    secret.said = {"key": "another"}

    with pytest.raises(InvalidToken):
        unseal(token)


def test_links_outlive_their_key_and_new_ones_have_the_new_one(secret: Secret) -> None:
    tokens = []
    for key, previous in [("first", []), ("second", ["first"]), ("third", ["second", "first"])]:
        secret.said = {"key": key, "previous": previous}
        tokens.append(seal(SUBSCRIPTION))

    assert [unseal(each) for each in tokens] == [SUBSCRIPTION] * 3
    secret.said = {"key": "third"}
    assert unseal(tokens[2]) == SUBSCRIPTION
    for retired in tokens[:2]:
        with pytest.raises(InvalidToken):
            unseal(retired)


def test_without_a_key_no_token_is_made_or_read_and_none_is_called_false(secret: Secret) -> None:
    token = seal(SUBSCRIPTION)
    secret.said = {}

    with pytest.raises(Misconfigured):
        seal(SUBSCRIPTION)
    with pytest.raises(Misconfigured):
        unseal(token)


def test_a_link_ends_the_category_of_its_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    reachable(monkeypatch, "https://notify.example.com/v1")
    delivery = a_delivery(category="news", unsubscribable=True)

    link = link_for(delivery)

    assert link is not None
    base, _, token = link.rpartition("/")
    assert base == "https://notify.example.com/v1/unsubscribe"
    assert unseal(token) == Subscription("eggs", "news", delivery.id)


@pytest.mark.parametrize(
    ("public_url", "changes"),
    [
        (None, {"category": "news", "unsubscribable": True}),
        ("https://notify.example.com", {"category": "receipts", "unsubscribable": False}),
        ("https://notify.example.com", {"category": None}),
    ],
)
def test_there_is_no_link_without_a_category_or_a_public_url(
    monkeypatch: pytest.MonkeyPatch, public_url: str | None, changes: dict[str, Any]
) -> None:
    reachable(monkeypatch, public_url)

    assert link_for(a_delivery(**changes)) is None


def test_no_mail_is_sent_without_its_link(monkeypatch: pytest.MonkeyPatch, secret: Secret) -> None:
    reachable(monkeypatch, "https://notify.example.com")
    secret.said = {}

    with pytest.raises(Misconfigured):
        link_for(a_delivery(category="news", unsubscribable=True))
