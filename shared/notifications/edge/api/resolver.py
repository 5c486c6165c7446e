"""The resolver of the HTTP API: Powertools' own, with our errors and our limits."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from notifications.domain.errors import InvalidInput, NotificationError
from notifications.edge.api.openapi import openapi_document
from notifications.edge.api.problems import (
    MEDIA_TYPE,
    Problem,
    problem,
    problem_of,
    problem_of_input,
)
from notifications.edge.observability import begin, log_failure, logger

MAX_REQUEST = 1024 * 1024  #: bytes

#: A user's id in a path, whole: it may hold any character, slashes too. The method, what comes
#: before it, and what comes after.
USER_PATHS = [
    (None, "/opt-outs/", ""),
    ("GET", "/users/", "/export"),
    ("DELETE", "/users/", ""),
]


class Api(APIGatewayRestResolver):
    """An API Gateway REST resolver that answers every error with a problem document."""

    def __init__(self) -> None:
        super().__init__(enable_validation=True)
        self.exception_handler(NotificationError)(lambda error: _answer(problem_of(error)))
        self.exception_handler(RequestValidationError)(
            lambda error: _answer(problem_of_input(error.errors()))
        )
        self.exception_handler(NotFoundError)(self._no_such_route)
        self.exception_handler(RecursionError)(_nested_too_deeply)
        self.exception_handler(Exception)(_failed)

    def _no_such_route(self, _error: NotFoundError) -> Response[str]:
        method, path = self.current_event.http_method, self.current_event.path
        return _answer(problem("not-found", f"there is no {method} {path}"))

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document."""
        return openapi_document(self, [*self._static_routes, *self._dynamic_routes])

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer an API Gateway REST proxy event."""
        begin(context)
        refusal = _refusal(event.get("body") or "")
        if refusal is None:
            return self.resolve(_readable(event), context)
        answer = _answer(refusal)
        headers = {"Content-Type": [MEDIA_TYPE]}
        return {
            "statusCode": answer.status_code,
            "multiValueHeaders": headers,
            "body": answer.body,
        }


def _refusal(body: str) -> Problem | None:
    """What is wrong with a body before anybody reads what it says."""
    size = len(body.encode(errors="replace"))
    if size > MAX_REQUEST:
        message = f"must be at most {MAX_REQUEST} bytes, not {size}"
        return problem_of(InvalidInput.of("request", message))
    try:
        json.loads(body or "null")
    except (ValueError, RecursionError) as error:
        detail = f"The request's body is not valid JSON: {str(error)[:200]}"
        return problem("malformed-json", detail)
    return None


def caller_of(event: APIGatewayProxyEvent) -> str:
    """Return who signed the request: the scope of an idempotency key."""
    identity = event.request_context.identity
    return str(identity.user_arn or identity.caller or "unsigned")


def accepted(event: APIGatewayProxyEvent, ids: Iterable[str]) -> None:
    """Log which notifications a request led to: the beginning of their trail."""
    if distinct := list(dict.fromkeys(ids)):
        said = {"request_id": event.request_context.request_id, "notifications": distinct}
        logger.info("accepted", extra=said)


def user_of(path_parameter: str) -> str:
    """Return the user id that a path names."""
    return unquote(path_parameter)


def _readable(event: dict[str, Any]) -> dict[str, Any]:
    """Treat every body as JSON, whatever a client calls it, and a user's id as one path segment."""
    headers = {
        name: value
        for name, value in (event.get("headers") or {}).items()
        if name.lower() != "content-type"
    }
    path = _with_user_quoted(event["httpMethod"], event["path"])
    event = {**event, "path": path, "headers": {**headers, "content-type": "application/json"}}
    return {**event, "multiValueHeaders": None}


def _with_user_quoted(method: str, path: str) -> str:
    for wanted, before, after in USER_PATHS:
        mine = wanted in {None, method}
        if mine and path.startswith(before) and path.endswith(after):
            user = path.removeprefix(before).removesuffix(after)
            return before + quote(unquote(user), safe="") + after
    return path


def _answer(document: Problem) -> Response[str]:
    body = json.dumps(document.model_dump())
    return Response(status_code=document.status, content_type=MEDIA_TYPE, body=body)


def _nested_too_deeply(_error: RecursionError) -> Response[str]:
    return _answer(problem("malformed-json", "The request's body is nested too deeply."))


def _failed(error: Exception) -> Response[str]:
    log_failure("request failed", error)
    return _answer(problem("internal-error", "Something failed on our side; try again."))
