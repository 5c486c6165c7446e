"""What Twilio's statuses and its recipients' words mean, and whether it was Twilio that spoke."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from notification_core.domain.delivery import Accepted, Confirmed
from notification_core.domain.failures import ErrorClass, ProviderError
from notification_core.entrypoints.public_http import Form
from notification_core.providers.twilio import (
    START,
    STOP,
    Keyword,
    is_signed,
    parse_keyword,
    report_content,
)


@pytest.mark.parametrize("status", ["accepted", "scheduled", "queued", "sending", "sent"])
def test_a_status_under_way_means_accepted(status: str) -> None:
    assert report_content(status, None, "SM1") == Accepted("SM1")


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_a_delivered_status_is_a_confirmation(status: str) -> None:
    assert report_content(status, None, "SM1") == Confirmed()


@pytest.mark.parametrize("status", ["undelivered", "failed", "canceled"])
@pytest.mark.parametrize("code", [30003, "30003"])
def test_a_failure_is_reported_with_its_code(status: str, code: str | int) -> None:
    said = report_content(status, code, "SM1")

    assert isinstance(said, ProviderError)
    assert said.codes == ["30003"]
    assert said.otherwise is ErrorClass.MESSAGE


@pytest.mark.parametrize("code", [None, "", 0])
def test_a_failure_without_a_code_has_its_status_as_code(code: str | int | None) -> None:
    said = report_content("undelivered", code, "SM1")

    assert isinstance(said, ProviderError)
    assert said.codes == ["undelivered"]


@pytest.mark.parametrize(
    "status", ["", "receiving", "received", "Delivered", "partially_delivered"]
)
def test_an_unknown_status_is_not_a_result(status: str) -> None:
    assert report_content(status, "30003", "SM1") is None


WAYS = ["{}", " {} ", "{}.", "{}!", '"{}"', "{}\n", "\t{}", "({})", "{} 👍"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("word", sorted(STOP | START))
def test_a_keyword_counts_in_any_case_and_with_any_punctuation(word: str, way: str) -> None:
    for written in (word, word.lower(), word.title()):
        assert parse_keyword(way.format(written)) is (
            Keyword.STOP if word in STOP else Keyword.START
        )


def test_the_words_are_twilios() -> None:
    assert {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"} == STOP
    assert {"START", "YES", "UNSTOP"} == START


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "...",
        "please stop",
        "stop it",
        "don't stop",
        "nonstop",
        "yes please",
        "the end",
        "HELP",
        "INFO",
        "STOP2",
        "STOPP",
    ],
)
def test_any_other_text_is_neither(text: str) -> None:
    assert parse_keyword(text) is None


@pytest.mark.parametrize(
    ("text", "opt_out_type", "meant"),
    [
        ("arrêt", "STOP", Keyword.STOP),
        ("oui", "START", Keyword.START),
        ("aide", "HELP", None),
        ("STOP", "HELP", None),
        ("STOP", "stop", Keyword.STOP),
        ("STOP", "", Keyword.STOP),
    ],
)
def test_twilios_own_classification_of_a_reply_has_precedence_over_its_text(
    text: str, opt_out_type: str, meant: Keyword | None
) -> None:
    assert parse_keyword(text, opt_out_type) is meant


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
FORMS = st.dictionaries(TEXT, st.lists(TEXT, min_size=1, max_size=3), max_size=5)
URLS = st.sampled_from(
    [
        "https://a1b2.execute-api.us-east-1.amazonaws.com/v1/callbacks/twilio/messages",
        "https://notify.example.com/callbacks/twilio/status/8f/1?a=1&b=2%203",
        "http://127.0.0.1:4566/_aws/execute-api/a1b2/v1/callbacks/twilio/messages",
    ]
)


@given(url=URLS, form=FORMS, token=st.text("0123456789abcdef", min_size=32, max_size=32))
def test_a_signature_is_the_one_that_the_sdk_makes(
    url: str, form: dict[str, list[str]], token: str
) -> None:
    made = RequestValidator(token).compute_signature(url, Form(form))

    assert is_signed(url, form, made, token)
    assert not is_signed(url, form, made, token[::-1] + "0")
    assert not is_signed(f"{url}x", form, made, token)
    assert not is_signed(url, {**form, "added": ["x"]}, made, token)
    assert not is_signed(url, form, f"{made}é", token)
