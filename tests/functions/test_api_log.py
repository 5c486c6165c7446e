"""What the API writes down: which notifications a request led to, and nothing of whom."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from notification_core.entrypoints.http_api import current_request
from notification_core.runtime import observability
from tests.functions.api_requests import register
from tests.functions.lambda_calls import Api


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What it logs."""
    written = io.StringIO()
    logger = Logger(service=f"test-{uuid4()}", stream=written)
    for module in (current_request, observability):
        monkeypatch.setattr(module, "logger", logger)
    return written


@pytest.fixture
def item(api: Api, user: str) -> dict[str, Any]:
    """A request for the one address of a user."""
    assert register(api, user).status == 201
    return {"user": user, "title": "a title", "body": "a body"}


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Every line of the log."""
    return [json.loads(each) for each in log.getvalue().splitlines()]


def test_the_log_of_an_accepted_request_names_its_notifications_and_no_user(
    api: Api, log: io.StringIO, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    made = api("POST", "/notifications", item).body["items"]

    [said] = lines(log)

    assert said["message"] == "accepted"
    assert said["notifications"] == [each["id"] for each in made]
    assert said["request_id"]
    assert said["function_request_id"] == "request"
    assert said["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    for private in (item["user"], "a title", "a body"):
        assert private not in log.getvalue()


def test_a_batch_has_one_line_for_all_that_was_accepted(
    api: Api, log: io.StringIO, item: dict[str, Any]
) -> None:
    keyed = item | {"idempotency_key": str(uuid4())}
    answer = api("POST", "/notifications/batch", {"items": [item, 5, keyed, keyed]})

    [said] = lines(log)

    made = [each["id"] for one in answer.body["items"] for each in one["notifications"] or ()]
    assert len(made) == 3
    assert said["notifications"] == list(dict.fromkeys(made))


def test_a_rejected_request_has_no_accepted_line(
    api: Api, log: io.StringIO, item: dict[str, Any]
) -> None:
    api("POST", "/notifications", item | {"body": ""})
    api("POST", "/notifications/batch", {"items": [5]})

    assert lines(log) == []
