"""A content suits a target if the target can show its markup and its length."""

from typing import Any

import pytest

from notification_core.domain.content import Content
from notification_core.domain.suitability import check_content, content_for, segments_for
from tests.builders import a_module

HTML = "<p>Your <b>table</b></p>"


def problem(body: str, *, html_to_text: bool = False, **module: Any) -> str | None:
    """The message about a body, if there is one."""
    content = Content(title="Title", body=body, extra={"perch": "oak"})
    error = check_content(a_module(**module), "Pigeon", content, html_to_text=html_to_text)
    if error is not None:
        assert error.field == "body"
    return None if error is None else error.message


def test_a_module_that_declares_nothing_accepts_everything() -> None:
    assert problem(HTML) is None
    assert problem("x" * 100_000) is None


def test_html_is_refused_by_a_target_without_markup() -> None:
    message = problem(HTML, markup="none")

    assert message is not None
    assert message.startswith("contains HTML, which the target Pigeon does not render")
    assert "html_to_text" in message


@pytest.mark.parametrize("body", ["1 < 2", "Eggs <eggs@example.com>", "<3"])
def test_a_plain_text_is_accepted_by_a_target_without_markup(body: str) -> None:
    assert problem(body, markup="none") is None


def test_html_is_accepted_as_text_on_request() -> None:
    assert problem(HTML, markup="none", html_to_text=True) is None


def test_text_that_mentions_a_tag_is_accepted_after_the_conversion() -> None:
    assert problem("<p>Write &lt;b&gt;</p>", markup="none", html_to_text=True) is None


def test_html_without_any_text_cannot_be_converted() -> None:
    assert problem("<p></p>", markup="none", html_to_text=True) == (
        "contains HTML tags but no text for the target Pigeon"
    )


@pytest.mark.parametrize(("size", "accepted"), [(1599, True), (1600, True), (1601, False)])
def test_the_length_counts_characters(size: int, accepted: bool) -> None:
    assert (problem("é" * size, max_length=1600) is None) is accepted


def test_the_error_names_the_limit_the_target_and_the_size() -> None:
    assert problem("x" * 12, max_length=10) == (
        "must be at most 10 characters for the target Pigeon, not 12"
    )


def test_the_length_of_a_converted_body_counts() -> None:
    assert problem(HTML, markup="none", max_length=10, html_to_text=True) is None
    assert problem(HTML, max_length=10) is not None


@pytest.mark.parametrize(("size", "accepted"), [(20, True), (21, False)])
def test_the_payload_counts_title_body_and_extra_in_bytes(size: int, accepted: bool) -> None:
    others = len('{"title":"Title","body":"","perch":"oak"}')
    body = "é" * (size // 2) + "x" * (size % 2)

    message = problem(body, max_length=others + 20, max_length_unit="payload_bytes")

    assert (message is None) is accepted
    if message is not None:
        assert message == (
            f"must be at most {others + 20} bytes together with title and extra"
            f" for the target Pigeon, not {others + 21}"
        )


def test_only_a_target_without_markup_gets_text() -> None:
    content = Content(title="Title", body=HTML)

    plain = content_for(a_module(markup="none"), content, html_to_text=True)

    assert plain == Content(title="Title", body="Your table")
    assert content_for(a_module(markup="html"), content, html_to_text=True) is content
    assert content_for(a_module(markup="none"), content, html_to_text=False) is content


def test_a_plain_text_is_not_converted() -> None:
    content = Content(title="Title", body="two  blanks &amp; 1 < 2")

    assert content_for(a_module(markup="none"), content, html_to_text=True) is content


SMS: dict[str, Any] = {"channel": "sms", "markup": "none"}


@pytest.mark.parametrize(("body", "accepted"), [("a" * 1530, True), ("a" * 1531, False)])
def test_an_sms_has_at_most_ten_segments(body: str, accepted: bool) -> None:
    assert (problem(body, **SMS) is None) is accepted
    assert problem(body) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "a" * 1531,
            "must be at most 10 SMS segments for the target Pigeon, not 11 SMS segments (GSM-7)",
        ),
        (
            "a" * 670 + "ă",
            (
                "must be at most 10 SMS segments for the target Pigeon, not 11 SMS segments (UCS-2"
                " because of “ă” (U+0103)); replace it at position 670, or shorten the text"
            ),
        ),
        (
            "a" * 700 + "…",
            (
                "must be at most 10 SMS segments for the target Pigeon, not 11 SMS segments (UCS-2"
                " because of “…” (U+2026)); replace it with “...” at position 700, or shorten the"
                " text"
            ),
        ),
        (
            "a" * 700 + "\u200b",
            (
                "must be at most 10 SMS segments for the target Pigeon, not 11 SMS segments (UCS-2"
                " because of U+200B); remove it at position 700, or shorten the text"
            ),
        ),
    ],
)
def test_the_error_names_the_character_that_doubles_the_segments(body: str, message: str) -> None:
    assert problem(body, **SMS) == message


def test_a_module_that_normalises_sends_the_replacements() -> None:
    content = Content(title="", body="“Hi”, it is ready…")
    module = a_module(normalise="smart", **SMS)

    assert content_for(module, content, html_to_text=False).body == '"Hi", it is ready...'
    assert content_for(a_module(**SMS), content, html_to_text=False) is content
    assert problem("a" * 700 + "…", normalise="smart", **SMS) is None


def test_html_is_converted_before_it_is_normalised() -> None:
    content = Content(title="", body="<p>“Hi”</p>")

    sent = content_for(a_module(normalise="smart", **SMS), content, html_to_text=True)

    assert sent.body == '"Hi"'


def test_only_an_sms_has_segments() -> None:
    sms = segments_for(a_module(**SMS), "Hi")

    assert sms is not None
    assert sms.segments == 1
    assert segments_for(a_module(), "Hi") is None
