"""The API function over the emulator: content for each channel."""

from typing import Any

import pytest

from tests.functions.api_requests import ask, register
from tests.functions.lambda_calls import Api

EMAIL = {"title": "Your table", "body": "<p>It is ready.</p>", "extra": {"reply_to": "a@b.example"}}
SMS = {"body": "Your table is ready."}
PUSH = {"title": "Your table", "body": "It is ready.", "extra": {"sound": "default"}}
CONTENT: dict[str, Any] = {"email": EMAIL, "sms": SMS, "push": PUSH}
NEITHER = {"title": None, "body": None}


@pytest.fixture
def everywhere(api: Api, user: str) -> str:
    """A user with an address in each target."""
    register(api, user)
    register(api, user, target="Twilio", target_user_id="+15551234567")
    register(api, user, target="Expo", target_user_id=f"ExponentPushToken[{user}]")
    return user


def test_one_request_sends_each_channel_its_own_content(api: Api, everywhere: str) -> None:
    answer = ask(api, user=everywhere, content=CONTENT, **NEITHER)

    assert answer.status == 201
    texts = {item["body"]: (item["title"], item["extra"]) for item in answer.body["items"]}
    assert texts == {
        EMAIL["body"]: ("Your table", EMAIL["extra"]),
        SMS["body"]: ("", {}),
        PUSH["body"]: ("Your table", PUSH["extra"]),
    }
    [sms] = [item for item in answer.body["items"] if not item["title"]]
    assert api("GET", f"/notifications/{sms['id']}").body["body"] == SMS["body"]


def test_title_and_body_are_for_the_channels_that_content_does_not_name(
    api: Api, everywhere: str
) -> None:
    answer = ask(api, user=everywhere, content={"sms": SMS})

    assert sorted(item["body"] for item in answer.body["items"]) == ["There", "There", SMS["body"]]


def test_a_batch_item_may_have_a_content_for_each_channel(api: Api, everywhere: str) -> None:
    items = [{"user": everywhere, "content": CONTENT}, {"user": everywhere, "content": {}}]

    [accepted, refused] = api("POST", "/notifications/batch", {"items": items}).body["items"]

    assert len(accepted["notifications"]) == 3
    assert refused["problem"]["detail"] == "content: must not be empty"


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        (NEITHER, {"title": "is required", "body": "is required"}),
        (
            {"content": {"sms": SMS}, "title": None},
            {"body": "is given without the other; give title and body, or neither"},
        ),
        (
            {"content": {"sms": SMS}, "extra": {"sound": "default"}, **NEITHER},
            {"extra": "goes with title and body; write it into the channels of content"},
        ),
        (
            {"content": {"sms": {"title": "Hello", **SMS}}},
            {"content.sms.title": "sms has no title; remove it"},
        ),
        (
            {"content": {"email": {"body": "Hello"}, "sms": {"body": " "}}},
            {"content.email.title": "is required", "content.sms.body": "must not be empty"},
        ),
        (
            {"content": {"sms": {"text": "Hello"}}},
            {
                "content.sms.body": "is required",
                "content.sms.text": "is not a field of this request; remove it",
            },
        ),
        ({"content": {"sms": "Hello"}}, {"content.sms": "must be a JSON object"}),
        ({"content": {}}, {"content": "must not be empty"}),
        (
            {"content": {"Twilio": SMS}},
            {
                "content.Twilio": "is not the name of a channel, which has at most 32 lower-case"
                " letters, digits and hyphens and begins with a letter"
            },
        ),
        (
            {"content": {"twilio": SMS}},
            {"content.twilio": "no target has this channel; there are: email, push, sms"},
        ),
        (
            {"content": {"sms": SMS}, **NEITHER},
            {
                "content": "has nothing for the channel email of the target Email; add"
                " content.email, or title and body for all other channels, or name the targets to"
                " reach in targets"
            },
        ),
    ],
)
def test_a_content_that_cannot_be_sent_is_refused_by_field(
    api: Api, record: dict[str, Any], fields: dict[str, Any], problems: dict[str, str]
) -> None:
    answer = ask(api, user=record["user"], **fields)

    assert answer.status == 422
    assert {error["field"]: error["message"] for error in answer.body["errors"]} == problems


def test_an_unknown_key_of_extra_is_named_with_its_channel(api: Api, everywhere: str) -> None:
    answer = ask(api, user=everywhere, content={"sms": {**SMS, "extra": {"sound": "default"}}})

    assert answer.fields == {"content.sms.extra.sound"}


def test_a_key_that_is_used_again_with_other_content_is_refused(api: Api, everywhere: str) -> None:
    key = f"content-{everywhere}"
    ask(api, user=everywhere, key=key, content=CONTENT)

    answer = ask(api, user=everywhere, key=key, content={**CONTENT, "sms": {"body": "Other"}})

    assert (answer.status, answer.code) == (409, "idempotency-mismatch")


def test_an_sms_reports_its_segments_when_it_is_created_and_read(api: Api, everywhere: str) -> None:
    body = "Ta masă este gata. " * 5
    [email, sms] = sorted(
        ask(
            api, user=everywhere, targets=["Email", "Twilio"], content={"sms": {"body": body}}
        ).body["items"],
        key=lambda item: item["title"],
        reverse=True,
    )

    assert email["sms"] is None
    assert sms["sms"] == {"encoding": "UCS-2", "segments": 2, "units": 95, "characters": 95}
    assert sms["timeline"][0]["detail"] == "2 SMS segments (UCS-2 because of “ă” (U+0103))"
    assert api("GET", f"/notifications/{sms['id']}").body["sms"] == sms["sms"]


def test_a_text_of_too_many_segments_is_refused_with_the_character_responsible(
    api: Api, everywhere: str
) -> None:
    answer = ask(api, user=everywhere, content={"sms": {"body": "a" * 700 + "ă"}})

    assert answer.status == 422
    assert answer.fields == {"content.sms.body"}
    assert "because of “ă” (U+0103)" in answer.body["detail"]
