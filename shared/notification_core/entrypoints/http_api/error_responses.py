"""The problems that each operation may return, for the OpenAPI document."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, Field

from notification_core.domain.errors import InvalidInput, NotificationError
from notification_core.entrypoints.http_api.problems import (
    MEDIA_TYPE,
    TYPE,
    MalformedJson,
    status_of,
)
from notification_core.entrypoints.http_api.routing import Operation

#: Errors that any operation may return: a body is parsed before the route is known.
ALWAYS: tuple[type[NotificationError], ...] = (MalformedJson, InvalidInput)

PROBLEM: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
GATEWAY: dict[str, Any] = {
    "application/json": {"schema": {"$ref": "#/components/schemas/GatewayMessage"}}
}

#: Responses of any operation, by their name in the document.
SHARED: dict[str, tuple[str, dict[str, Any]]] = {
    "Forbidden": (
        "403",
        {
            "description": "Not signed, signed incorrectly, or not allowed: API Gateway's response",
            "content": GATEWAY,
        },
    ),
    "TooLarge": (
        "413",
        {
            "description": "Over 10 MB: API Gateway's response. A body over 1 MB is a 422",
            "content": GATEWAY,
        },
    ),
    "TooManyRequests": (
        "429",
        {
            "description": "Over the rate limit of the stage: API Gateway's response",
            "content": GATEWAY,
        },
    ),
    "Failed": (
        "5XX",
        {
            "description": "`internal-error`, or temporarily `unavailable` or `still-sending`; "
            "API Gateway's response if the service gave none",
            "content": {MEDIA_TYPE: {"schema": PROBLEM}, **GATEWAY},
        },
    ),
}


class GatewayMessage(BaseModel):
    """API Gateway's own response; `Message` if a policy of the caller denies the request."""

    message: str | None = None
    policy: str | None = Field(default=None, alias="Message")


def shared_responses(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the responses that operations refer to by name."""
    alone = {
        _name(codes): _problem(codes)
        for operation in operations
        for codes in _codes(operation).values()
    }
    return alone | {name: answer for name, (_, answer) in SHARED.items()}


def error_responses(operation: Operation) -> dict[str, Any]:
    """Return the error responses of an operation, by status."""
    own = {str(int(status)): _name(codes) for status, codes in _codes(operation).items()}
    gateways = {status: name for name, (status, _) in SHARED.items()}
    named = {**own, **gateways}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in named.items()}


def _codes(operation: Operation) -> dict[int, list[str]]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for error in sorted({*ALWAYS, *operation.problems}, key=lambda error: error.code):
        by_status[status_of(error)].append(error.code)
    return by_status


def _name(codes: list[str]) -> str:
    return "Or".join("".join(part.title() for part in code.split("-")) for code in codes)


def _problem(codes: list[str]) -> dict[str, Any]:
    # A schema for each combination of codes would become a class for each in a generated client.
    return {
        "description": f"{TYPE} and one of: " + ", ".join(f"`{code}`" for code in codes),
        "content": {MEDIA_TYPE: {"schema": PROBLEM}},
    }
