"""The OpenAPI 3.1 document of the API, with the details that the resolver does not know."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, get_args, get_type_hints

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.openapi.models import Server
from pydantic import BaseModel, TypeAdapter

from notification_core.domain.addresses import MAX_ID
from notification_core.entrypoints.http_api.error_responses import (
    GatewayMessage,
    error_responses,
    shared_responses,
)
from notification_core.entrypoints.http_api.fields import UserId
from notification_core.entrypoints.http_api.models import Request
from notification_core.entrypoints.http_api.problems import Problem
from notification_core.entrypoints.http_api.routing import NewId, Operation

VERSION = "1.0.0"

DESCRIPTION = """\
Send a notification to a user at a given time. Requests are signed with AWS Signature Version 4.
Times are ISO 8601 with an offset and are returned in UTC. Errors are RFC 9457 problem details;
`type` ends in a code.\
"""

SCHEMA = "#/components/schemas/"

#: Parameters of a path.
USER = TypeAdapter(UserId).json_schema()
ID = {"type": "string", "minLength": 1, "maxLength": MAX_ID}


def openapi_document(
    resolver: APIGatewayRestResolver, routes: Iterable[Route], operations: Sequence[Operation]
) -> dict[str, Any]:
    """Return the document of a resolver's operations as a JSON value."""
    document = resolver.get_openapi_schema(
        title="Serverless notification system",
        version=VERSION,
        description=DESCRIPTION,
        servers=[Server(url="/v1")],
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = document["components"]["schemas"]
    models: list[type[BaseModel]] = [Problem, GatewayMessage, *_requests(operations)]
    for model in models:
        # The resolver's own schema of a request lacks whole numbers and most keywords.
        schema = model.model_json_schema(ref_template=SCHEMA + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["responses"] = shared_responses(operations)
    document["components"]["securitySchemes"] = {
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    }
    document["security"] = [{"sigv4": []}]
    by_function = {operation.function: operation for operation in operations}
    for route in routes:
        if operation := by_function.get(route.func):
            described = document["paths"][route.openapi_path][route.method.lower()]
            _complete(described, operation, operations)
    return document


def _requests(operations: Iterable[Operation]) -> list[type[BaseModel]]:
    """Return the models of the operations' bodies."""
    functions = [operation.function for operation in operations]
    hints = [hint for function in functions for hint in get_type_hints(function).values()]
    types = [kind for hint in hints for kind in get_args(hint) or [hint] if isinstance(kind, type)]
    return [kind for kind in types if issubclass(kind, Request)]


def _complete(
    described: dict[str, Any], operation: Operation, operations: Iterable[Operation]
) -> None:
    """Name an operation after its function, and add its responses and links."""
    described["operationId"] = operation.function.__name__
    described["summary"] = (operation.function.__doc__ or "").splitlines()[0]
    for parameter in described.get("parameters", ()):
        _complete_parameter(parameter)
    answers = described["responses"]
    answers.pop("422", None)
    for status, answer in answers.items():
        answer["description"] = HTTPStatus(int(status)).phrase
    for status in answers.keys() & {"204"}:
        del answers[status]["content"]
    for code, reply in operation.replies.items():
        schema = {"$ref": SCHEMA + reply.model.__name__}
        answers[str(int(code))] = {
            "description": reply.description or code.phrase,
            "content": {"application/json": {"schema": schema}},
        }
    new_ids = {code: reply.new_id for code, reply in operation.replies.items()}
    for code, new_id in {operation.status: operation.new_id, **new_ids}.items():
        if new_id is not None:
            answers[str(int(code))]["links"] = _links(new_id, operations)
    answers |= error_responses(operation)


def _links(new_id: NewId, operations: Iterable[Operation]) -> dict[str, Any]:
    """Return links to the operations that take the id in a response."""
    parameters = {new_id.parameter: f"$response.body#{new_id.place}"}
    takers = [
        operation.function.__name__
        for operation in operations
        if f"<{new_id.parameter}>" in operation.rule
    ]
    return {taker: {"operationId": taker, "parameters": parameters} for taker in takers}


def _complete_parameter(parameter: dict[str, Any]) -> None:
    """Complete a parameter's schema. A parameter without a value is absent, not null."""
    schema = parameter["schema"]
    given = [option for option in schema.pop("anyOf", ()) if option.get("type") != "null"]
    for option in given:
        schema |= option
    if parameter["in"] == "path":
        schema |= USER if parameter["name"] == "user" else ID
