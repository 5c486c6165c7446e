"""What the API does with requests that no careful caller would send."""

from typing import Any

import pytest

from tests.functions.api_requests import ask, register
from tests.functions.lambda_calls import Api


def test_a_method_that_a_path_does_not_have_is_answered_with_those_it_has(api: Api) -> None:
    answer = api("PUT", "/targets", {})

    assert (answer.status, answer.code) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == ["GET, POST"]
    assert "GET, POST" in answer.body["detail"]


def test_the_wrong_method_on_an_export_erases_no_user(api: Api, user: str) -> None:
    register(api, f"{user}/export")

    answer = api("DELETE", f"/users/{user}/export")

    assert (answer.status, answer.headers["Allow"]) == (405, ["GET"])
    assert api("POST", "/notifications", {"user": f"{user}/export"}).code != "being-erased"
    assert api("GET", f"/users/{user}%2Fexport/export").body["records"] != []


def test_an_unknown_parameter_is_refused_by_name(api: Api, user: str) -> None:
    answer = api("GET", "/notifications", query={"user": user, "stauts": "SENT"})

    assert (answer.status, answer.fields) == (422, {"stauts"})


def test_a_signature_in_the_query_is_not_an_unknown_parameter(api: Api) -> None:
    assert api("GET", "/targets", query={"X-Amz-Signature": "0"}).status == 200


@pytest.mark.parametrize("query", [{"user": " "}, {"user": "u", "next": ""}, {"user": "x" * 129}])
def test_an_empty_or_too_long_parameter_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api("GET", "/target-user-records", query=query).code == "invalid-input"


@pytest.mark.parametrize("body", [[None], [], "0", "false", '""', "null"])
def test_a_body_that_may_be_left_out_is_an_object_all_the_same(api: Api, body: Any) -> None:
    answer = api("POST", "/targets/nothing/pause", body)

    assert (answer.status, answer.fields) == (422, {"request"})


def test_a_body_in_base64_is_read(api: Api, user: str) -> None:
    answer = api("PUT", f"/opt-outs/{user}", b'{"active": true}')

    assert (answer.status, answer.body["active"]) == (200, True)


@pytest.mark.parametrize("body", [b'{"active": "\xff"}', '{"active": true}'.encode("utf-16")])
def test_a_body_that_is_not_utf_8_is_not_json(api: Api, body: bytes) -> None:
    assert api("PUT", "/opt-outs/somebody", body).code == "malformed-json"


def test_a_field_that_is_named_twice_is_refused(api: Api, user: str) -> None:
    answer = api("PUT", f"/opt-outs/{user}", '{"active": true, "active": false}')

    assert (answer.status, answer.code) == (400, "malformed-json")
    assert "'active' is named twice" in answer.body["detail"]
    assert api("GET", f"/opt-outs/{user}").status == 404


def test_the_length_of_a_text_is_shown_in_characters(api: Api) -> None:
    said = api("POST", "/targets", {"name": "x" * 129, "notification_module_name": ""}).body

    assert [each["message"] for each in said["errors"]] == [
        "must have at most 128 characters, not 129",
        "must not be empty",
    ]


def test_all_errors_of_a_request_are_reported_at_once(api: Api) -> None:
    wrong = {
        "title": "",
        "body": "",
        "max_retries": 0,
        "targets": [],
        "category": "!",
        "extra": [],
        "deliver_before": "2020-01-01T00:00:00Z",
        "recipient": None,
        "retry_time_interval": "x",
    }

    alone = api("POST", "/notifications", wrong).body
    batch = api("POST", "/notifications/batch", {"items": [wrong]}).body["items"][0]["problem"]

    messages = {each["field"]: each["message"] for each in alone["errors"]}
    assert messages.keys() == (wrong.keys() | {"request"})
    assert messages["title"] == messages["body"] == messages["targets"] == "must not be empty"
    assert messages["max_retries"] == "must be at least 1, not 0"
    assert "should" not in alone["detail"]
    assert batch == alone


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("POST", "/notifications/batch", {"items": [{}] * 101}, "must have at most 100 items"),
        ("POST", "/notifications/batch", {"items": {}}, "must be a list"),
        ("POST", "/targets", {"name": 1, "notification_module_name": "email"}, "must be text"),
        ("PUT", "/opt-outs/ann", {"active": 1}, "must be true or false"),
        ("PUT", "/opt-outs/ann", None, "the request has no body; send a JSON object"),
        ("POST", "/notifications/redrive", {"statuses": ["LOST"]}, "must be one of SCHEDULED"),
        ("POST", "/notifications/redrive", {"max_per_second": 0}, "must be more than 0, not 0"),
        ("POST", "/notifications/redrive", {"target": "Email", "ids": ["x"]}, "name either ids"),
    ],
)
def test_an_error_says_what_the_field_must_be(
    api: Api, method: str, path: str, body: Any, message: str
) -> None:
    answer = api(method, path, body)

    assert answer.status == 422
    assert answer.body["errors"][0]["message"].startswith(message)


@pytest.mark.parametrize("status", ["OPTED OUT", "OPTED_OUT", "opted_out", "Opted_Out"])
def test_a_status_may_be_written_without_blanks(api: Api, user: str, status: str) -> None:
    record = register(api, user).body
    ask(api, target_user_record=record["id"])
    api("PUT", f"/opt-outs/{user}", {"active": True})

    listed = api("GET", "/notifications", query={"user": user, "status": status}).body["items"]

    assert [each["status"] for each in listed] == ["OPTED OUT"]
    failed = {"statuses": ["inactive_device", "DELIVERY FAILURE"], "dry_run": True}
    assert api("POST", "/notifications/redrive", failed).status == 202


def test_an_unknown_user_is_answered_with_what_to_do(api: Api, user: str) -> None:
    answer = api("POST", "/notifications", {"user": user, "title": "t", "body": "b"})

    assert answer.code == "no-active-records"
    assert answer.body["detail"] == (
        f"No address of {user!r} is registered; register one with POST /target-user-records"
    )


def test_a_whole_number_may_be_written_with_a_point(api: Api, user: str) -> None:
    record = register(api, user).body
    asked = {"target_user_record": record["id"], "title": "t", "body": "b"}

    assert api("POST", "/notifications", asked | {"max_retries": 2.0}).status == 201
    assert api("POST", "/notifications", asked | {"max_retries": 2.5}).fields == {"max_retries"}
