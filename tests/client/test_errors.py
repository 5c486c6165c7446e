"""Every problem type of the API has its exception class."""

from collections.abc import Callable
from typing import Any

import pytest

from notification_core.domain.errors import NotificationError
from notification_core.entrypoints.http_api.problems import HttpError
from notification_system import ApiError, Forbidden, InvalidInput, ServerError
from notification_system.errors import BY_CODE, api_error
from tests.client.api_server import ApiServer, Reply


def errors_of_the_api() -> list[type[NotificationError]]:
    classes = [*NotificationError.__subclasses__(), *HttpError.__subclasses__()]
    return [error for error in classes if "code" in vars(error)]


def test_every_problem_code_has_a_class_of_the_same_name() -> None:
    names = {error.code: error.__name__ for error in errors_of_the_api()}

    assert names == {code: error.__name__ for code, error in BY_CODE.items()}


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_problem_is_raised_as_its_class(code: str) -> None:
    status = 422
    problem = {"type": f"urn:notifications:problem:{code}", "detail": "A sentence."}

    error = api_error(status, problem)

    assert type(error) is BY_CODE[code]
    assert str(error) == f"{status} A sentence."


@pytest.mark.parametrize(("status", "expected"), [(422, ApiError), (507, ServerError)])
def test_an_unknown_code_is_raised_as_its_general_class(
    status: int, expected: type[ApiError]
) -> None:
    error = api_error(status, {"type": "urn:notifications:problem:of-tomorrow", "detail": "New."})

    assert isinstance(error, expected)
    assert error.detail == "New."


def test_the_invalid_fields_are_named(api: ApiServer, call: Callable[..., Any]) -> None:
    problem = {
        "type": "urn:notifications:problem:invalid-input",
        "title": "Invalid input",
        "status": 422,
        "detail": "title: write a title",
        "errors": [{"field": "title", "message": "write a title"}],
    }
    api.replies = [Reply(422, problem, {"x-amzn-RequestId": "req-1"})]

    with pytest.raises(InvalidInput, match="title: write a title") as raised:
        call("send", user="ann", title="", body="Hello")

    assert [(error.field, error.message) for error in raised.value.errors] == [
        ("title", "write a title")
    ]
    assert raised.value.request_id == "req-1"


def test_a_response_of_the_gateway_is_an_error_too(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [Reply(403, {"message": "Missing Authentication Token"})]

    with pytest.raises(Forbidden, match="Missing Authentication Token"):
        call("list_targets")
