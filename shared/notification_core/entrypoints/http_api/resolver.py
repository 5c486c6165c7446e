"""The resolver of the HTTP API: the Powertools resolver with our errors and limits."""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from notification_core.domain.errors import FieldError, InvalidInput, NotFound, NotificationError
from notification_core.entrypoints.http_api.answers import to_json
from notification_core.entrypoints.http_api.problems import (
    MEDIA_TYPE,
    InternalError,
    MalformedJson,
    MethodNotAllowed,
    Problem,
    problem_of,
    problem_of_input,
)
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.observability import bind_request, log_failure

MAX_REQUEST = 1024 * 1024  #: bytes

#: The prefix of the parameters of a signature that is in the query.
SIGNED = "X-Amz-"

#: The parameter of a path that may contain any character, also slashes.
USER = "<user>"

#: The text before and after a user's id in a path.
UserPaths = Sequence[tuple[str, str]]


class Api(APIGatewayRestResolver):
    """An API Gateway REST resolver that answers every error with a problem document."""

    def __init__(self, *subjects: Routes) -> None:
        super().__init__(enable_validation=True, serializer=to_json)
        self.operations = [operation for routes in subjects for operation in routes.operations]
        for operation in self.operations:
            self.route(
                operation.rule,
                operation.method,
                tags=[operation.tag],
                status_code=operation.status,
            )(operation.function)
        self._user_paths = _user_paths(operation.rule for operation in self.operations)
        self.exception_handler(NotificationError)(lambda error: _answer(problem_of(error)))
        self.exception_handler(RequestValidationError)(
            lambda error: _answer(problem_of_input(error.errors()))
        )
        self.exception_handler(NotFoundError)(self._no_such_route)
        self.exception_handler(RecursionError)(_nested_too_deeply)
        self.exception_handler(Exception)(_failed)

    def _no_such_route(self, _error: NotFoundError) -> Response[str]:
        method, path = self.current_event.http_method, self.current_event.path
        detail = f"there is no {method} {path}"
        methods = sorted({route.method for route in self._routes() if route.rule.match(path)})
        if not methods:
            return _answer(problem_of(NotFound(detail)))
        allowed = ", ".join(methods)
        detail += f"; there is {allowed}"
        return _answer(problem_of(MethodNotAllowed(detail)), {"Allow": allowed})

    def _routes(self) -> list[Route]:
        return [*self._static_routes, *self._dynamic_routes]

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document."""
        # The document is rarely requested, and its models take 60 ms to import.
        from notification_core.entrypoints.http_api.openapi import openapi_document  # noqa: PLC0415

        return openapi_document(self, self._routes(), self.operations)

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Handle an API Gateway REST proxy event."""
        bind_request(context)
        try:
            readable = _readable(event, _read(event), self._user_paths)
            self._check_query(readable)
            return self.resolve(readable, context)
        except NotificationError as error:
            answer = _answer(problem_of(error))
        return {
            "statusCode": answer.status_code,
            "multiValueHeaders": {"Content-Type": [MEDIA_TYPE]},
            "body": answer.body,
        }

    def _check_query(self, event: dict[str, Any]) -> None:
        for route in self._routes():
            if route.method == event["httpMethod"] and route.rule.match(event["path"]):
                names = {parameter.alias for parameter in route.dependant.query_params}
                return _check_names(event, names)
        return None


def _check_names(event: dict[str, Any], names: set[str]) -> None:
    given = event.get("queryStringParameters") or {}
    strange = [name for name in given if name not in names and not name.startswith(SIGNED)]
    if strange:
        raise InvalidInput(
            f"there is no parameter {', '.join(strange)}",
            tuple(FieldError(name, "is not a parameter of this request") for name in strange),
        )


def _read(event: dict[str, Any]) -> str:
    """Return the body as text, after checks that precede the validation of its fields.

    Raises:
        InvalidInput: the body is too large, or is not an object.
        MalformedJson: the body is not JSON, or not UTF-8 text.
    """
    body = event.get("body") or ""
    try:
        content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        if len(content) > MAX_REQUEST:
            message = f"must be at most {MAX_REQUEST} bytes, not {len(content)}"
            raise InvalidInput.of("request", message)
        text = content.decode()
        value = json.loads(
            text or "{}", parse_constant=_no_constant, object_pairs_hook=_each_name_once
        )
    except (ValueError, RecursionError) as error:
        detail = f"The request's body is not valid JSON: {str(error)[:200]}"
        raise MalformedJson(detail) from error
    if not isinstance(value, dict):
        raise InvalidInput.of("request", "must be a JSON object")
    return text


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is named twice in one object")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _readable(event: dict[str, Any], body: str, user_paths: UserPaths) -> dict[str, Any]:
    """Treat every body as JSON regardless of its content type, and a user's id as one segment."""
    headers = {
        name: value
        for name, value in (event.get("headers") or {}).items()
        if name.lower() != "content-type"
    }
    path = _with_user_quoted(event["path"], user_paths)
    return {
        **event,
        "path": path,
        "headers": {**headers, "content-type": "application/json"},
        "multiValueHeaders": None,
        "body": body,
        "isBase64Encoded": False,
    }


def _user_paths(rules: Iterable[str]) -> UserPaths:
    """Return the text before and after a user's id in each path; the longest are tried first."""
    paths = {rule.partition(USER)[::2] for rule in rules if USER in rule}
    return sorted(paths, key=lambda path: len("".join(path)), reverse=True)


def _with_user_quoted(path: str, user_paths: UserPaths) -> str:
    for before, after in user_paths:
        if path.startswith(before) and path.endswith(after):
            user = path.removeprefix(before).removesuffix(after)
            return before + quote(unquote(user), safe="") + after
    return path


def _answer(document: Problem, headers: dict[str, str] | None = None) -> Response[str]:
    body = to_json(document.model_dump())
    return Response(document.status, MEDIA_TYPE, body, headers)


def _nested_too_deeply(_error: RecursionError) -> Response[str]:
    return _answer(problem_of(MalformedJson("The request's body is nested too deeply.")))


def _failed(error: Exception) -> Response[str]:
    log_failure("request failed", error)
    return _answer(problem_of(InternalError()))
