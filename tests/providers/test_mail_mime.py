"""The e-mail that a notification becomes."""

import email
import re
import time
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest

from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.failures import Rejected
from notification_core.providers.mail.mime import build_message
from tests.builders import a_delivery

SENDER = "Example <notifications@example.com>"


def received(**changes: Any) -> EmailMessage:
    """The e-mail as it comes off the wire."""
    wire = build_message(a_delivery(**changes), SENDER).as_bytes()
    assert b"\n" not in wire.replace(b"\r\n", b""), "SMTP's line ends"
    parsed = email.message_from_bytes(wire, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    """The text or the HTML of an e-mail."""
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_the_headers_have_sender_recipient_date_and_subject() -> None:
    message = received(title="Grüße 😀")

    assert (message["From"], message["To"]) == (SENDER, "coolkid@nd.edu")
    assert message["Subject"] == "Grüße 😀"
    assert message["Date"] == "Sun, 01 Mar 2026 12:00:00 +0000"
    assert message["Reply-To"] is None


@pytest.mark.parametrize(
    ("request_name", "default", "shown"),
    [
        ("", "", "Example"),
        ("", "Pigeon Post", "Pigeon Post"),
        ("Grüße aus Köln", "Pigeon Post", "Grüße aus Köln"),
        ('Eggs, Bacon & "Co" <x@y>', "", 'Eggs, Bacon & "Co" <x@y>'),
        ("=?utf-8?q?x?=", "", "=?utf-8?q?x?="),
        ("صحيفة 😀 " * 8, "", ("صحيفة 😀 " * 8).strip()),
        ("x" * 64, "", "x" * 64),
    ],
)
def test_the_display_name_is_that_of_the_request_or_else_the_default(
    request_name: str, default: str, shown: str
) -> None:
    extra = {"from_name": request_name} if request_name else {}
    wire = build_message(a_delivery(extra=extra), SENDER, from_name=default).as_bytes()

    parsed = email.message_from_bytes(wire)
    encoded, address = parseaddr(re.sub(r"\r?\n", "", parsed["From"]))
    assert str(make_header(decode_header(encoded))).strip() == shown
    assert address == "notifications@example.com"
    assert parsed["Message-ID"].endswith("@example.com>")


def test_every_attempt_has_the_same_message_id() -> None:
    first, second = (received(attempt=n)["Message-ID"] for n in (1, 2))

    assert first == second == "<0b9cf1a8@example.com>"


def test_a_reply_may_go_elsewhere() -> None:
    assert received(extra={"reply_to": "help@example.com"})["Reply-To"] == "help@example.com"


def test_the_text_of_extra_replaces_that_of_the_html() -> None:
    message = received(body="<p>Hello <b>you</b></p>", extra={"text": "Hello, in words"})

    assert part(message, "plain") == "Hello, in words\n"
    assert "<b>you</b>" in part(message, "html")


def test_the_text_of_a_template_takes_precedence_over_that_of_extra() -> None:
    message = received(body="<p>Hello</p>", text="of the template", extra={"text": "of extra"})

    assert part(message, "plain") == "of the template\n"


def test_a_text_comes_as_text_and_as_html() -> None:
    message = received(body="1 < 2 & 3\nsecond line")

    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert part(message, "plain") == "1 < 2 & 3\nsecond line\n"
    assert "1 &lt; 2 &amp; 3<br>\nsecond line" in part(message, "html")


def test_html_comes_as_it_is_and_as_text() -> None:
    page = "<html><body><p>Good <b>morning</b></p><p>Eggs</p></body></html>"

    message = received(body=page)

    assert part(message, "html").strip() == page
    assert part(message, "plain") == "Good morning\n\nEggs\n"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>one</li><li>two</li></ul>", "* one\n* two"),
        ('<a href="https://example.com">here</a>', "here (https://example.com)"),
        ("<a>nowhere</a>", "nowhere"),
        ("<p>&lt;b&gt; &amp; &eacute;</p>", "<b> & é"),
        ("<head><title>x</title></head><p>y</p>", "y"),
        ("<style>p {color: red}</style><script>alert(1)</script><p>y</p>", "y"),
        ("<p>many   \n blanks</p>", "many blanks"),
        ("<p>a</p><div></div><div></div><p>b</p>", "a\n\nb"),
        ("<!DOCTYPE html><html><body>y</body></html>", "y"),
        ("unclosed <b>bold &amp; <", "unclosed bold & <"),
        ("</p>stray", "stray"),
    ],
)
def test_the_text_of_html_is_what_a_person_would_read(page: str, text: str) -> None:
    assert part(received(body=page), "plain") == text + "\n"


@pytest.mark.parametrize(
    "body",
    [
        "1 < 2 and 3 > 2",
        "write to <help@example.com>",
        "write to Eggs <eggs@example.com>",
        "see <https://example.com/path>",
        "<3 you>",
        "a <- b ->",
    ],
)
def test_a_text_with_angle_brackets_is_not_html_and_stays_whole(body: str) -> None:
    message = received(body=body)

    assert part(message, "plain") == body + "\n"
    assert "&lt;" in part(message, "html")


def test_non_ascii_text_survives() -> None:
    assert part(received(body="naïve 😀 " * 200), "plain").strip() == ("naïve 😀 " * 200).strip()


@pytest.mark.parametrize(
    "body",
    [
        "<a " * 60_000,
        "<" * 200_000,
        "<p" * 90_000,
        "<p>" + "<a " * 60_000,
        "<p>" + "<a b='" * 30_000,
        "<p>" + "<!--" * 50_000,
    ],
)
def test_a_hostile_body_takes_no_time(body: str) -> None:
    began = time.perf_counter()

    build_message(a_delivery(body=body), SENDER)

    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "a\r\nBcc: spam@example.com"},
        {"title": "a\nb"},
        {"address": "a@example.com\nBcc: b@example.com"},
        {"extra": {"reply_to": "a@example.com\r\nBcc: b@example.com"}},
        {"extra": {"reply_to": "a@example.com\n"}},
        {"extra": {"reply_to": "a\0@example.com"}},
        {"extra": {"from_name": "Eggs\r\nBcc: b@example.com"}},
        {"extra": {"from_name": "Eggs\u2028"}},
    ],
)
def test_a_hostile_header_is_refused_for_good(changes: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as refused:
        build_message(a_delivery(**changes), SENDER)

    assert refused.value.code == "invalid-header"
    assert "example.com" not in str(refused.value)


def test_a_title_cannot_become_another_header() -> None:
    message = received(title="Bcc: spam@example.com")

    assert message["Bcc"] is None
    assert message["Subject"] == "Bcc: spam@example.com"


LINK = "https://notify.example.com/unsubscribe/" + "x" * 300


def test_one_click_unsubscribes_by_a_link_that_no_line_end_breaks() -> None:
    wire = build_message(a_delivery(), SENDER, LINK).as_bytes()

    assert f"\r\nList-Unsubscribe: <{LINK}>\r\n".encode() in wire
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in wire


def test_the_link_is_visible_with_the_brand_and_the_name_of_the_category() -> None:
    deployment = DeploymentSettings(
        brand=Brand(name="Pigeon & Co"),
        default_locale="de",
        category_labels={"news": {"de": "Neues", "ar": "الأخبار"}},
    )
    delivery = a_delivery(category="news", unsubscribable=True, deployment=deployment)

    for locale, label in [(None, "Neues"), ("ar-EG", "الأخبار"), ("ja", "Neues")]:
        wire = build_message(replace(delivery, locale=locale), SENDER, LINK).as_bytes()
        message = email.message_from_bytes(wire, policy=default)
        assert isinstance(message, EmailMessage)
        text, page = part(message, "plain"), part(message, "html")
        assert label in text
        assert "Pigeon & Co" in text
        assert text.endswith(f":\n{LINK}\n")
        assert f'<a href="{LINK}"' in page
        assert f"<bdi>{label}</bdi>" in page


def test_a_templates_own_text_part_is_sent() -> None:
    message = received(body="<p>page</p>", text="its own text", locale="ar")

    assert part(message, "plain") == "its own text\n"
    assert '<html lang="ar" dir="rtl">' in part(message, "html")


def test_without_a_link_there_is_nothing_to_click() -> None:
    message = received()

    assert message["List-Unsubscribe"] is message["List-Unsubscribe-Post"] is None
