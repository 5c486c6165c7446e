"""The OpenAPI 3.1 document of the API, completed with what the resolver does not know."""

from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.openapi.models import Server
from pydantic import BaseModel

from notifications.edge.api.problems import MEDIA_TYPE, Problem
from notifications.edge.api.requests import NewBatchItem

VERSION = "1.0.0"

DESCRIPTION = """\
Tell this user this, then. Requests are signed with AWS Signature Version 4. Times are ISO 8601
with an offset and come back in UTC. Errors are RFC 9457 problem details; `type` ends in a code.\
"""

SCHEMA = "#/components/schemas/"

#: What API Gateway refuses before it asks us (its Developer Guide, "Gateway response types").
GATEWAY = {
    "403": "It is not signed, or not by a caller who may do this",
    "413": "It is larger than API Gateway takes",
    "429": "There are more requests than the stage takes",
}


class GatewayMessage(BaseModel):
    """API Gateway's own words."""

    message: str | None = None


def openapi_document(resolver: APIGatewayRestResolver, routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document of a resolver's routes as a JSON value."""
    document = resolver.get_openapi_schema(
        title="Serverless notification system",
        version=VERSION,
        description=DESCRIPTION,
        servers=[Server(url="/v1")],
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = document["components"]["schemas"]
    for model in (Problem, NewBatchItem, GatewayMessage):
        schema = model.model_json_schema(ref_template=SCHEMA + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    }
    document["security"] = [{"sigv4": []}]
    for route in routes:
        if route.include_in_schema:
            _complete(document["paths"][route.openapi_path][route.method.lower()], route)
    return document


def _complete(operation: dict[str, Any], route: Route) -> None:
    """Name an operation as its function is, and say which answers are problem documents."""
    operation["operationId"] = route.func.__name__
    operation["summary"] = (route.func.__doc__ or "").splitlines()[0]
    answers = operation["responses"]
    answers.pop("422", None)
    for status in answers.keys() & {"204"}:
        del answers[status]["content"]
    if "idempotency-key" in {each["name"].lower() for each in operation.get("parameters", ())}:
        again = "The answer to an idempotency key that was used before"
        answers["200"] = answers["201"] | {"description": again}
    ours = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA + "Problem"}}}
    gateways = {"application/json": {"schema": {"$ref": SCHEMA + "GatewayMessage"}}}
    for status, description in GATEWAY.items():
        answers[status] = {"description": description, "content": gateways}
    answers["4XX"] = {"description": "The request cannot be carried out", "content": ours}
    answers["5XX"] = {"description": "Something failed on our side", "content": ours | gateways}
