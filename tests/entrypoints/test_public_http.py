"""Requests that come in unsigned, and the answers to them."""

import base64
import json
from typing import Any

import pytest

from notification_core.domain.errors import StillSending, Unavailable
from notification_core.domain.failures import Misconfigured
from notification_core.entrypoints.public_http import (
    MAX_BODY,
    Answer,
    Request,
    respond_to,
    response,
)
from tests.entrypoints.events import Context


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a laptop, and nobody's own domain."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("PUBLIC_URL", raising=False)


def an_event(**changes: Any) -> dict[str, Any]:
    """What API Gateway hands over for a POST."""
    values: dict[str, Any] = {
        "httpMethod": "POST",
        "resource": "/callbacks/twilio/{notification}/{attempt}",
        "path": "/callbacks/twilio/it/1",
        "pathParameters": {"notification": "it", "attempt": "1"},
        "headers": {"Host": "api.example.com", "X-Forwarded-Proto": "https"},
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "domainName": "api.example.com",
            "path": "/v1/callbacks/twilio/it/1",
            "apiId": "abc",
        },
        "body": None,
        "isBase64Encoded": False,
    }
    return values | changes


def urls(**changes: Any) -> list[str]:
    """Return the URLs that a request may have been called by."""
    return Request(an_event(**changes)).urls()


def test_a_request_names_the_operation() -> None:
    request = Request(an_event())

    assert (request.method, request.parameter("attempt")) == ("POST", "1")
    assert request.resource == "/callbacks/twilio/{notification}/{attempt}"
    assert request.parameter("nothing") == ""
    assert Request(an_event(pathParameters=None)).parameter("attempt") == ""


@pytest.mark.parametrize("name", ["X-Twilio-Signature", "x-twilio-signature", "X-TWILIO-SIGNATURE"])
def test_a_header_is_found_however_it_is_written(name: str) -> None:
    request = Request(an_event(headers={name: "abc="}))

    assert request.header("X-Twilio-Signature") == "abc="


@pytest.mark.parametrize("headers", [None, {}, {"Host": "x"}])
def test_a_missing_header_of_a_request_is_empty(headers: dict[str, str] | None) -> None:
    assert Request(an_event(headers=headers)).header("X-Twilio-Signature") == ""


BODY = "From=%2B15551234567&Body=STOP+now&Empty=&Media=a&Media=b&%C3%BC=%E2%9C%93"


@pytest.mark.parametrize("encoded", [True, False])
def test_a_form_keeps_every_field_and_value(*, encoded: bool) -> None:
    body = base64.b64encode(BODY.encode()).decode() if encoded else BODY

    form = Request(an_event(body=body, isBase64Encoded=encoded)).form()

    assert form == {
        "From": ["+15551234567"],
        "Body": ["STOP now"],
        "Empty": [""],
        "Media": ["a", "b"],
        "ü": ["✓"],
    }
    assert form.getlist("Media") == ["a", "b"]
    assert (form.first("Media"), form.first("Empty"), form.first("nothing")) == ("a", "", "")
    assert form.getlist("nothing") == []


@pytest.mark.parametrize("body", [None, "", "&&&"])
def test_a_body_that_is_not_a_form_has_no_fields(body: str | None) -> None:
    assert Request(an_event(body=body)).form() == {}


def test_bytes_that_are_not_text_are_replaced() -> None:
    body = base64.b64encode(b"Body=\xff\xfe").decode()

    assert Request(an_event(body=body, isBase64Encoded=True)).form().first("Body") == "\ufffd\ufffd"


def test_the_url_has_the_stage_in_it() -> None:
    assert urls() == ["https://api.example.com/v1/callbacks/twilio/it/1"]


def test_without_a_domain_name_the_host_header_is_the_host() -> None:
    context = {"path": "/v1/x", "apiId": "abc"}

    assert urls(requestContext=context, headers={"host": "api.example.com"}) == [
        "https://api.example.com/v1/x"
    ]


def test_behind_somebodys_own_domain_its_url_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://notify.example.com/hooks/")

    assert urls() == [
        "https://api.example.com/v1/callbacks/twilio/it/1",
        "https://notify.example.com/hooks/callbacks/twilio/it/1",
    ]


def test_on_a_laptop_the_emulators_own_path_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    context = {"path": "/v1/x", "apiId": "abc", "domainName": "abc.execute-api.localhost"}

    assert urls(requestContext=context, headers={"Host": "127.0.0.1:4566"}) == [
        "http://abc.execute-api.localhost/v1/x",
        "http://127.0.0.1:4566/_aws/execute-api/abc/v1/x",
    ]


def test_a_query_is_given_in_each_way_it_may_have_been_written() -> None:
    query = {"a": ["1 2", "+"], "b": [""]}

    assert urls(multiValueQueryStringParameters=query) == [
        "https://api.example.com/v1/callbacks/twilio/it/1?a=1%202&a=%2B&b=",
        "https://api.example.com/v1/callbacks/twilio/it/1?a=1+2&a=%2B&b=",
    ]


def test_a_query_that_is_written_in_one_way_only_is_given_once() -> None:
    assert len(urls(multiValueQueryStringParameters={"a": ["1"]})) == 1


def test_a_response_is_never_cached() -> None:
    said = response(200, "<p>", "text/html", Referrer_Policy="no-referrer")

    assert (said["statusCode"], said["body"]) == (200, "<p>")
    assert said["headers"] == {
        "Content-Type": "text/html",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }


def failing(error: Exception) -> Answer:
    """Return the answer to a request that ends so."""

    def respond(_: Request) -> Answer:
        raise error

    return respond_to(an_event(), Context(), respond)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StillSending("of coolkid@nd.edu"), 503),
        (Unavailable(), 503),
        (Misconfigured("secret-unreadable"), 503),
        (KeyError("the secret"), 500),
    ],
)
def test_a_failed_request_has_to_be_repeated_and_reveals_nothing(
    error: Exception, status: int
) -> None:
    said = failing(error)

    assert said["statusCode"] == status
    assert said["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(said["body"])["status"] == status
    assert "secret" not in said["body"]
    assert "coolkid" not in said["body"]


def test_the_response_of_a_successful_request_is_returned() -> None:
    said = respond_to(an_event(), Context(), lambda request: response(204, request.method))

    assert (said["statusCode"], said["body"]) == (204, "POST")


def test_a_body_that_no_provider_sends_is_refused_unread() -> None:
    def respond(_: Request) -> Answer:
        raise AssertionError

    said = respond_to(an_event(body="x" * (MAX_BODY + 1)), Context(), respond)

    assert said["statusCode"] == 413
    assert str(MAX_BODY) in said["body"]


def test_a_body_is_measured_in_bytes() -> None:
    said = respond_to(an_event(body="ü" * (MAX_BODY // 2)), Context(), lambda _: response(204))
    more = respond_to(an_event(body="ü" * (MAX_BODY // 2 + 1)), Context(), lambda _: response(204))

    assert (said["statusCode"], more["statusCode"]) == (204, 413)
