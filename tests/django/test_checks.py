"""The system checks name what is wrong, and what to do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import override_settings

from notification_system.django.conf import app_settings
from tests.django.conftest import mailer


def found(*, deploy: bool = False) -> dict[str, str]:
    """Return the messages of this app by their ids."""
    messages = run_checks(include_deployment_checks=deploy)
    return {
        message.id.rpartition(".")[2]: message.msg
        for message in messages
        if message.id.startswith("notification_system.")
    }


def test_a_correct_project_has_no_message() -> None:
    assert found(deploy=True) == {}


@pytest.mark.parametrize(
    ("setting", "identifier", "words"),
    [
        (None, "E001", "is missing"),
        ("notifications", "E002", "must be a dictionary"),
        ({}, "E002", "needs exactly one of STACK, API_URL, LOCAL"),
        ({"STACK": "a", "LOCAL": True}, "E002", "needs exactly one of"),
        ({"LOCAL": True, "ADRESSES": {}}, "E002", "has no key 'ADRESSES'"),
        ({"LOCAL": True, "OUTBOX": "yes"}, "E002", "['OUTBOX'] must be of type bool"),
        ({"LOCAL": True, "ADDRESSES": {"Email": 7}}, "E002", "ADDRESSES['Email'] must be"),
        (
            {"LOCAL": True, "ADDRESSES": {"Twilio": "phone"}},
            "E003",
            "ADDRESSES['Twilio'] is 'phone', but auth.User has no field 'phone'",
        ),
        (
            {"LOCAL": True, "USER_ID": "shop.ids.of", "ADDRESSES": {"Email": "email"}},
            "E003",
            "USER_ID is 'shop.ids.of': No module",
        ),
        ({"LOCAL": True}, "W001", "has no ADDRESSES"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(setting: Any, identifier: str, words: str) -> None:
    with override_settings(NOTIFICATION_SYSTEM=setting):
        messages = found(deploy=identifier == "E001")

    assert list(messages) == [identifier]
    assert words in messages[identifier]


@pytest.mark.parametrize("setting", [None, {"LOCAL": True, "OUTBOX": 1}], ids=["missing", "wrong"])
def test_the_use_of_a_wrong_setting_raises(setting: Any) -> None:
    with (
        override_settings(NOTIFICATION_SYSTEM=setting),
        pytest.raises(ImproperlyConfigured, match="NOTIFICATION_SYSTEM"),
    ):
        app_settings()


def test_an_unreachable_api_is_found_only_by_the_deployment_check(
    configure: Callable[..., None],
) -> None:
    configure({"API_URL": "http://127.0.0.1:9/v1"})

    assert found() == {}
    assert "cannot be reached" in found(deploy=True)["E004"]


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ({"API_URL": "http://127.0.0.1:9/v1", "REGION": "us-east-1"}, "Check API_URL and the"),
        ({"LOCAL": "/nowhere/stack.json"}, "Is the stack up (make up)?"),
    ],
    ids=["nothing listens", "no stack.json"],
)
def test_the_hint_of_an_unreachable_api_names_the_setting_that_leads_there(
    setting: dict[str, Any], hint: str
) -> None:
    system = setting | {"RETRY_SECONDS": 0, "ADDRESSES": {"Email": "email"}}
    with override_settings(NOTIFICATION_SYSTEM=system):
        [message] = run_checks(include_deployment_checks=True, tags=["notifications"])

    assert message.id == "notification_system.E004"
    assert message.hint.startswith(hint)


def test_a_refusal_by_the_api_is_not_reported_as_an_unreachable_one(
    fail: Callable[[int], None],
) -> None:
    fail(1)

    assert "refused a request: 503 of a test." in found(deploy=True)["E004"]


def test_an_unknown_target_is_found(configure: Callable[..., None]) -> None:
    configure({"ADDRESSES": {"Email": "email", "Fax": "username"}})

    assert found(deploy=True) == {"E005": "The notification system has no target 'Fax'."}


def test_a_category_that_opt_outs_hold_back_is_found(configure: Callable[..., None]) -> None:
    backend = mailer("notification_system.django.EmailBackend")
    configure({"EMAIL_CATEGORY": "news"}, **backend)
    assert "'news', which is not a mandatory category" in found(deploy=True)["E006"]

    configure({}, **backend)
    assert found(deploy=True) == {}
