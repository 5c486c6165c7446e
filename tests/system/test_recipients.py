"""Addresses that were never registered, on the deployed stack."""

from uuid import uuid4

import pytest

from tests.system.conftest import System

pytestmark = pytest.mark.stack


def test_one_request_reaches_addresses_that_were_never_registered(
    system: System, user: str
) -> None:
    email, phone = f"{user}@Example.com", f"+1555{uuid4().int % 10**7:07}"
    to = [{"target": "Email", "address": email}, {"target": "Twilio", "address": phone}]

    created = system.notify(to=to, body="<p>It is <b>ready</b></p>", html_to_text=True)

    ended = [system.ended(notification) for notification in created]
    assert [notification["status"] for notification in ended] == ["DELIVERED", "DELIVERED"]
    assert [notification["user"] for notification in ended] == [email.lower(), phone]
    [message] = system.inbox(phone)
    assert message["body"] == "It is ready"
    assert len(system.inbox(email)) == 1


def test_an_import_is_repeated_and_its_people_are_reached(system: System, user: str) -> None:
    items = [
        {"user": f"{user}-{n}", "target": "Email", "target_user_id": f"{user}-{n}@example.com"}
        for n in range(100)
    ]

    first, second = (
        system.api("POST", "/target-user-records/batch", {"items": items}).body["items"]
        for _ in range(2)
    )

    assert [item["status"] for item in first] == [201] * 100
    assert [item["status"] for item in second] == [200] * 100
    assert [item["record"] for item in second] == [item["record"] for item in first]
    [notification] = system.notify(user=f"{user}-99")
    assert system.ended(notification)["status"] == "DELIVERED"


def test_a_person_who_has_opted_out_is_not_reached_by_the_address(
    system: System, user: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    system.api("PUT", f"/opt-outs/{user}", {"active": True})
    request = {
        "to": [{"target": "Email", "address": f"{user}@EXAMPLE.com"}],
        "title": "Hello",
        "body": "There",
    }

    answer = system.api("POST", "/notifications", request)

    assert (answer.status, answer.body["type"].rpartition(":")[2]) == (409, "opted-out")
    assert system.inbox(f"{user}@example.com") == []
