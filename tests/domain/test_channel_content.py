"""What a caller may write for one channel."""

from typing import Any

import pytest

from notification_core.domain.channel_content import checked_content
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput

EXTRA = {"media_url": ["https://example.com/a.png"]}


@pytest.mark.parametrize(
    ("channel", "fields", "content"),
    [
        ("email", {"title": "Hello", "body": "Text"}, Content(title="Hello", body="Text")),
        ("sms", {"body": "Text"}, Content(title="", body="Text")),
        ("sms", {"body": "Text", "extra": EXTRA}, Content(title="", body="Text", extra=EXTRA)),
        ("push", {"title": "Hello", "body": "Text"}, Content(title="Hello", body="Text")),
        ("webhook", {"body": "Text"}, Content(title="", body="Text")),
        ("fax", {"title": "Hello", "body": "Text"}, Content(title="Hello", body="Text")),
    ],
)
def test_a_content_has_the_title_that_its_channel_needs(
    channel: str, fields: dict[str, Any], content: Content
) -> None:
    assert checked_content(channel, fields) == content


@pytest.mark.parametrize(
    ("channel", "fields", "detail"),
    [
        ("email", {"body": "Text"}, "content.email.title: is required"),
        ("push", {"body": "Text"}, "content.push.title: is required"),
        (
            "sms",
            {"title": "Hello", "body": "Text"},
            "content.sms.title: sms has no title; remove it",
        ),
        ("sms", {"body": " "}, "content.sms.body: must not be empty"),
        (
            "email",
            {"title": "a\nb", "body": ""},
            (
                "content.email.title: must be one line without control characters;"
                " content.email.body: must not be empty"
            ),
        ),
        (
            "sms",
            {"body": "Text", "extra": {"a": "x" * 40_000}},
            "content.sms.extra: must be at most 32768 bytes, not 40008",
        ),
        (
            "e-mail!",
            {"body": "Text"},
            (
                "content.e-mail!: is not the name of a channel, which has at most 32 lower-case"
                " letters, digits and hyphens and begins with a letter"
            ),
        ),
    ],
)
def test_a_content_that_its_channel_cannot_have_is_refused_by_field(
    channel: str, fields: dict[str, Any], detail: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_content(channel, fields)

    assert refused.value.detail == detail
