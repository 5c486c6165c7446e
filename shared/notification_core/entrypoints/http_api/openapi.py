"""The OpenAPI 3.1 document of the API, with the details that the resolver does not know."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.openapi.models import Server
from pydantic import BaseModel, TypeAdapter

from notification_core.domain.addresses import MAX_ID
from notification_core.entrypoints.http_api import requests
from notification_core.entrypoints.http_api.error_responses import (
    GatewayMessage,
    error_responses,
    shared_responses,
)
from notification_core.entrypoints.http_api.fields import UserId
from notification_core.entrypoints.http_api.problems import Problem

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


#: Where a response has the id that other operations take, by the name of its function.
IDS = {
    "add_target": ("target_id", "/id"),
    "add_record": ("record_id", "/id"),
    "add_notifications": ("notification_id", "/items/0/id"),
    "redrive_notifications": ("job_id", "/id"),
    "erase_user": ("job_id", "/id"),
    "set_opt_out": ("job_id", "/id"),
}

#: The statuses of the responses with that id, if not all of them have it.
ID_ANSWERS = {"set_opt_out": {"202"}}


def openapi_document(resolver: APIGatewayRestResolver, routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document of a resolver's routes as a JSON value."""
    document = resolver.get_openapi_schema(
        title="Serverless notification system",
        version=VERSION,
        description=DESCRIPTION,
        servers=[Server(url="/v1")],
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = document["components"]["schemas"]
    models: list[type[BaseModel]] = [Problem, GatewayMessage, *_requests()]
    for model in models:
        # The resolver's own schema of a request lacks whole numbers and most keywords.
        schema = model.model_json_schema(ref_template=SCHEMA + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["responses"] = shared_responses()
    document["components"]["securitySchemes"] = {
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    }
    document["security"] = [{"sigv4": []}]
    shown = [route for route in routes if route.include_in_schema]
    for route in shown:
        operation = document["paths"][route.openapi_path][route.method.lower()]
        _complete(operation, route)
        if route.func.__name__ in IDS:
            statuses = ID_ANSWERS.get(route.func.__name__, {"200", "201", "202"})
            _link(operation, shown, statuses, *IDS[route.func.__name__])
    return document


def _requests() -> list[type[BaseModel]]:
    every = [model for model in vars(requests).values() if isinstance(model, type)]
    return [model for model in every if issubclass(model, requests.Request) and model.model_fields]


def _link(
    operation: dict[str, Any],
    routes: Iterable[Route],
    statuses: set[str],
    parameter: str,
    place: str,
) -> None:
    """Link an operation to the operations that take the id in its response."""
    takers = [route.func.__name__ for route in routes if f"<{parameter}>" in route.path]
    for status in operation["responses"].keys() & statuses:
        operation["responses"][status]["links"] = {
            taker: {"operationId": taker, "parameters": {parameter: f"$response.body#{place}"}}
            for taker in takers
        }


def _complete(operation: dict[str, Any], route: Route) -> None:
    """Name an operation after its function, and add its responses."""
    operation["operationId"] = route.func.__name__
    operation["summary"] = (route.func.__doc__ or "").splitlines()[0]
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter)
    answers = operation["responses"]
    answers.pop("422", None)
    for status, answer in answers.items():
        answer["description"] = HTTPStatus(int(status)).phrase
    for status in answers.keys() & {"204"}:
        del answers[status]["content"]
    if route.func.__name__ == "add_notifications":
        again = "The response to an idempotency key that was used before"
        answers["200"] = answers["201"] | {"description": again}
    if route.func.__name__ == "set_opt_out":
        set_now, job = (
            {"content": {"application/json": {"schema": {"$ref": SCHEMA + name}}}}
            for name in ("OptOutSetResponse", "JobResponse")
        )
        later = "The user has many notifications: none is sent after this job has finished"
        answers["200"] |= set_now
        answers["202"] = job | {"description": later}
    answers |= error_responses(route.func.__name__)


def _complete_parameter(parameter: dict[str, Any]) -> None:
    """Complete a parameter's schema. A parameter without a value is absent, not null."""
    schema = parameter["schema"]
    given = [option for option in schema.pop("anyOf", ()) if option.get("type") != "null"]
    for option in given:
        schema |= option
    if parameter["in"] == "path":
        schema |= USER if parameter["name"] == "user" else ID
