"""The OpenAPI 3.1 document of the API, completed with what the resolver does not know."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import Server

from notifications.edge.api.problems import MEDIA_TYPE, Problem
from notifications.edge.api.requests import NewBatchItem

VERSION = "1.0.0"

DESCRIPTION = """\
Tell this user this, then. Requests are signed with AWS Signature Version 4. Times are ISO 8601
with an offset and come back in UTC. Errors are RFC 9457 problem details; `type` ends in a code.\
"""

SCHEMA = "#/components/schemas/"


def openapi_document(resolver: APIGatewayRestResolver) -> dict[str, Any]:
    """Return the document as a JSON value."""
    document = resolver.get_openapi_schema(
        title="Serverless notification system",
        version=VERSION,
        description=DESCRIPTION,
        servers=[Server(url="/v1")],
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    schemas = document["components"]["schemas"]
    for model in (Problem, NewBatchItem):
        schema = model.model_json_schema(ref_template=SCHEMA + "{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
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
    for path in document["paths"].values():
        for operation in path.values():
            _say_problems(operation)
    return document


def _say_problems(operation: dict[str, Any]) -> None:
    """Every error answer is a problem document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA + "Problem"}}}
    answers = operation["responses"]
    answers.pop("422", None)
    answers["4XX"] = {"description": "The request cannot be carried out", "content": content}
    answers["5XX"] = {"description": "Something failed on our side", "content": content}
