"""The OpenAPI 3.1 document of the API, with the details that the resolver does not know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args, get_type_hints

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.openapi.models import License, Server, ServerVariable
from pydantic import BaseModel, TypeAdapter

from notification_content.templates.document import NAME
from notification_core.domain.addresses import MAX_ID
from notification_core.entrypoints.http_api.error_responses import (
    GatewayMessage,
    error_responses,
    shared_responses,
)
from notification_core.entrypoints.http_api.fields import ApiModel, UserId
from notification_core.entrypoints.http_api.models import Request
from notification_core.entrypoints.http_api.new_notification import NewBatch, NewBatchItem
from notification_core.entrypoints.http_api.problems import Problem
from notification_core.entrypoints.http_api.routing import NewId, Operation

VERSION = "1.0.0"

DESCRIPTION = """\
Send a notification to a user at a given time. Requests are signed with AWS Signature Version 4.
Times are ISO 8601 with an offset and are returned in UTC. Errors are RFC 9457 problem details;
`type` ends in a code.\
"""

SCHEMA = "#/components/schemas/"

#: The stage's URL on AWS. A client for a laptop replaces it by `api_url` of `.local/stack.json`.
SERVER = Server(
    url="https://{api_id}.execute-api.{region}.amazonaws.com/{stage}",
    description="The stack's output ApiUrl",
    variables={
        "api_id": ServerVariable(default="example", description="the id of the REST API"),
        "region": ServerVariable(default="us-east-1", description="the region of the stack"),
        "stage": ServerVariable(default="v1", description="the stage of the REST API"),
    },
)

#: Parameters of a path.
ID = {"type": "string", "minLength": 1, "maxLength": MAX_ID}
PATH: Mapping[str, Mapping[str, Any]] = {
    "user": TypeAdapter(UserId).json_schema(),
    "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
    "version": {},  # as declared: an integer
}


def openapi_document(
    resolver: APIGatewayRestResolver, routes: Iterable[Route], operations: Sequence[Operation]
) -> dict[str, Any]:
    """Return the document of a resolver's operations as a JSON value."""
    document = resolver.get_openapi_schema(
        title="Serverless notification system",
        version=VERSION,
        description=DESCRIPTION,
        servers=[SERVER],
        license_info=License(name="MIT", identifier="MIT"),
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = document["components"]["schemas"]
    models = {model.__name__: model for model in _models(operations)}
    named: list[type[BaseModel]] = [Problem, GatewayMessage, *request_models(operations)]
    for model in named:
        # The resolver's own schema of a request lacks whole numbers and most keywords.
        schemas |= _schemas_of(model)
    _name_items(schemas)
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
            _add_examples(described, operation, models)
    return document


def request_models(operations: Iterable[Operation]) -> list[type[Request]]:
    """Return the models of the operations' requests."""
    return [model for model in _models(operations) if issubclass(model, Request)]


def _models(operations: Iterable[Operation]) -> Iterator[type[ApiModel]]:
    """Return the models of the operations' bodies, of requests and of responses."""
    for operation in operations:
        replies = [reply.model for reply in operation.replies.values()]
        for hint in [*get_type_hints(operation.function).values(), *replies]:
            for kind in [hint, *get_args(hint)]:
                if isinstance(kind, type) and issubclass(kind, ApiModel):
                    yield kind


def _schemas_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schemas of a model and of the models in it, by name."""
    schema = model.model_json_schema(ref_template=SCHEMA + "{model}")
    schemas: dict[str, Any] = {**schema.pop("$defs", {}), model.__name__: schema}
    for part in schemas.values():
        _omit_null_defaults(part)
    return schemas


def _omit_null_defaults(schema: dict[str, Any]) -> None:
    """Leave out defaults that are null: openapi-typescript requires a field that has a default."""
    for field in schema.get("properties", {}).values():
        if field.get("default", "") is None:
            del field["default"]
        if "properties" in (items := field.get("items", {})):
            _omit_null_defaults(items)


def _name_items(schemas: dict[str, Any]) -> None:
    """Give a batch's items a schema of their own: pydantic inlines a model that it skips."""
    items = schemas[NewBatch.__name__]["properties"]["items"]
    schemas[NewBatchItem.__name__] = items["items"]
    items["items"] = {"$ref": SCHEMA + NewBatchItem.__name__}


def _add_examples(
    described: dict[str, Any], operation: Operation, models: Mapping[str, type[ApiModel]]
) -> None:
    """Add an example of the request's body, and of each body of a success."""
    own = {code: reply.example for code, reply in operation.replies.items() if reply.example}
    if operation.example is not None:
        own[operation.status] = operation.example
    bodies = [("", described.get("requestBody", {})), *described["responses"].items()]
    for status, body in bodies:
        for media in body.get("content", {}).values():
            example = own.get(HTTPStatus(int(status))) if status else None
            name = media["schema"]["$ref"].removeprefix(SCHEMA)
            media["example"] = example or models[name].EXAMPLE


def _complete(
    described: dict[str, Any], operation: Operation, operations: Iterable[Operation]
) -> None:
    """Name an operation after its function, and add its responses and links."""
    described["operationId"] = operation.function.__name__
    described["summary"] = (operation.function.__doc__ or "").splitlines()[0]
    for parameter in described.get("parameters", ()):
        _complete_parameter(parameter)
    _require_object(described.get("requestBody", {}))
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


def _require_object(body: dict[str, Any]) -> None:
    """Describe a body that may be left out as an object. Null is the same as no body."""
    for media in body.get("content", {}).values():
        for option in media["schema"].pop("anyOf", ()):
            if "$ref" in option:
                media["schema"] = option


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
        schema |= PATH.get(parameter["name"], ID)
