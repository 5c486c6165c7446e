"""The API function over the emulator: no answer is larger than Lambda lets through.

The function's answer is marshalled here as each of Lambda's runtimes does it.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.entrypoints.http_api.fields import iso
from tests.functions.lambda_calls import Answer, Api

LIMIT = 6 * 1024 * 1024  #: bytes of a function's answer (AWS Lambda quotas)
RUNTIMES = {"AWS_Lambda_python3.11": True, "AWS_Lambda_python3.13": False}
TEXTS = {"CJK": "通", "emoji": "🎉", "quotation marks": '"'}
ADDRESSES = 3


class Measured(Api):
    """The API, and the size of its latest answer."""

    def __init__(self, runtime: str) -> None:
        super().__init__()
        self.answered = 0
        call = self.handler

        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            answer: dict[str, Any] = call(event, context)
            marshalled = json.dumps(answer, ensure_ascii=RUNTIMES[runtime])
            self.answered = len(marshalled.encode())
            return answer

        self.handler = handler


OLD, NEW = RUNTIMES
#: Each text where it takes most, and one where it takes least.
CASES = [(OLD, "CJK"), (OLD, "emoji"), (OLD, "quotation marks"), (NEW, "CJK")]


@pytest.fixture(params=RUNTIMES)
def measured(api: Api, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """The API in each of Lambda's runtimes."""
    del api  # the targets are registered
    monkeypatch.setenv("AWS_EXECUTION_ENV", request.param)
    return Measured(request.param)


def register(api: Api, user: str, place: int) -> None:
    """Register one of a user's addresses."""
    address = f"{place}.{user}@example.com"
    body = {"user": user, "target": "Email", "target_user_id": address}
    assert api("POST", "/target-user-records", body).status == 201


def users(api: Api, count: int) -> list[str]:
    """Register users with several addresses each."""
    named = [f"user-{uuid4()}" for _ in range(count)]
    for user in named:
        for place in range(ADDRESSES):
            address = {
                "user": user,
                "target": "Email",
                "target_user_id": f"{place}.{user}@example.com",
            }
            assert api("POST", "/target-user-records", address).status == 201
    return named


def as_text(body: Any) -> str:
    """Write a request as a client does that sends UTF-8."""
    return json.dumps(body, ensure_ascii=False)


def a_body(kind: str, size: int = 10_000) -> str:
    """A text that takes so many bytes of a request."""
    one = TEXTS[kind]
    return one * (size // (len(as_text(one).encode()) - 2))


def later() -> str:
    """A time that nothing is sent before."""
    return iso(datetime.now(UTC) + timedelta(hours=1))


BRIEF = {"id", "user", "target", "target_user_record", "status", "scheduled_delivery"}


@pytest.mark.parametrize(("measured", "kind"), CASES, indirect=["measured"])
def test_a_batch_of_a_hundred_large_texts_is_answered_and_so_is_its_repetition(
    measured: Measured, kind: str
) -> None:
    to = users(measured, 4)
    body, when = a_body(kind), later()
    items = [
        {
            "user": to[place % len(to)],
            "title": f"No {place}",
            "body": body,
            "scheduled_delivery": when,
            "idempotency_key": f"{to[0]}-{place}",
        }
        for place in range(100)
    ]

    first = measured("POST", "/notifications/batch", as_text({"items": items}))
    assert measured.answered <= LIMIT
    again = measured("POST", "/notifications/batch", as_text({"items": items}))
    assert measured.answered <= LIMIT

    assert [each["status"] for each in first.body["items"]] == [201] * 100
    assert [each["status"] for each in again.body["items"]] == [200] * 100
    assert ids(first) == ids(again)
    assert len({*ids(first)}) == 100 * ADDRESSES
    one = measured("GET", f"/notifications/{ids(first)[-1]}")
    assert (one.body["title"], one.body["body"]) == ("No 99", body)
    forms = {
        frozenset(each) == BRIEF for item in first.body["items"] for each in item["notifications"]
    }
    assert len(forms) == 1  # all of them whole, or all in short


def ids(answer: Answer) -> list[str]:
    """Which notifications a batch's answer is about, in order."""
    return [each["id"] for item in answer.body["items"] for each in item["notifications"]]


@pytest.mark.parametrize(("measured", "kind"), CASES, indirect=["measured"])
def test_a_listing_and_an_export_come_in_pages_that_are_small_enough(
    measured: Measured, kind: str
) -> None:
    [user] = users(measured, 1)
    request = {"user": user, "body": a_body(kind, 190_000), "scheduled_delivery": later()}
    made = list[str]()
    for place in range(4):
        answer = measured("POST", "/notifications", as_text(request | {"title": f"No {place}"}))
        assert answer.status == 201
        assert measured.answered <= LIMIT
        made += [each["id"] for each in answer.body["items"]]

    for path, query in [("/notifications", {"user": user}), (f"/users/{user}/export", {})]:
        found, after = list[str](), dict[str, Any]()
        while True:
            page = measured("GET", path, query=query | {"limit": 100} | after)
            assert page.status == 200
            assert measured.answered <= LIMIT
            items = page.body.get("items") or page.body["notifications"]
            assert all(each["body"] == request["body"] for each in items)
            found += [each["id"] for each in items]
            if page.body["next"] is None:
                break
            after = {"next": page.body["next"]}
        assert sorted(found) == sorted(made)


def test_a_request_to_many_addresses_is_answered_in_short_where_it_must_be(
    measured: Measured,
) -> None:
    [user] = users(measured, 1)
    for place in range(9):
        address = {
            "user": user,
            "target": "Email",
            "target_user_id": f"more{place}.{user}@example.com",
        }
        measured("POST", "/target-user-records", address)
    request = {
        "user": user,
        "title": "t",
        "body": '"' * 200_000,
        "scheduled_delivery": later(),
    }

    answers = [
        measured("POST", "/notifications", as_text(request), headers={"Idempotency-Key": user})
        for _ in range(2)
    ]

    assert [each.status for each in answers] == [201, 200]
    assert measured.answered <= LIMIT
    for answer in answers:
        assert [{*each} for each in answer.body["items"]] == [BRIEF] * (ADDRESSES + 9)
        assert answer.body["next"] is None


def test_an_answer_is_whole_as_long_as_it_can_be(measured: Measured) -> None:
    [user] = users(measured, 1)
    request = {"user": user, "title": "Grüße", "body": '通🎉"', "scheduled_delivery": later()}

    answer = measured("POST", "/notifications", as_text(request))

    assert [(each["title"], each["body"]) for each in answer.body["items"]] == [
        (request["title"], request["body"])
    ] * ADDRESSES
