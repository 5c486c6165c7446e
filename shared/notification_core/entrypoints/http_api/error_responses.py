"""The problems that each operation may return, for the OpenAPI document."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

from notification_core.entrypoints.http_api.problems import MEDIA_TYPE, STATUS, TYPE

#: Codes that any operation may return: a body is parsed before the route is known.
ALWAYS = frozenset({"malformed-json", "invalid-input"})

#: The other codes of each operation with a status below 500, by the name of its function.
CODES: dict[str, frozenset[str]] = {
    "list_targets": frozenset(),
    "add_target": frozenset({"name-taken", "unknown-module"}),
    "get_target": frozenset({"not-found"}),
    "change_target": frozenset({"not-found", "unknown-target", "name-taken", "unknown-module"}),
    "remove_target": frozenset({"not-found", "target-in-use"}),
    "pause_target": frozenset({"not-found", "unknown-module"}),
    "resume_target": frozenset({"not-found", "unknown-module"}),
    "get_backlog": frozenset(),
    "list_records": frozenset(),
    "add_record": frozenset({"unknown-target", "unknown-module", "record-exists", "being-erased"}),
    "get_record": frozenset({"not-found"}),
    "change_record": frozenset(
        {"not-found", "unknown-record", "unknown-module", "record-exists", "being-erased"}
    ),
    "remove_record": frozenset({"not-found"}),
    "set_opt_out": frozenset({"not-found", "unknown-target"}),
    "get_opt_out": frozenset({"not-found"}),
    "list_notifications": frozenset({"unknown-target", "unknown-module"}),
    "add_notifications": frozenset(
        {
            "unknown-record",
            "unknown-target",
            "unknown-module",
            "no-active-records",
            "opted-out",
            "idempotency-mismatch",
        }
    ),
    "add_batch": frozenset(),
    "search_notifications": frozenset(),
    "redrive_notifications": frozenset({"unknown-target"}),
    "export_user": frozenset({"not-found"}),
    "erase_user": frozenset({"not-found"}),
    "get_job": frozenset({"not-found"}),
    "get_notification": frozenset({"not-found"}),
    "cancel_notification": frozenset({"not-found"}),
    "explain_notification": frozenset({"not-found"}),
}

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


def shared_responses() -> dict[str, Any]:
    """Return the responses that operations refer to by name."""
    alone = {
        _name(codes): _problem(codes) for operation in CODES for codes in _codes(operation).values()
    }
    return alone | {name: answer for name, (_, answer) in SHARED.items()}


def error_responses(operation: str) -> dict[str, Any]:
    """Return the error responses of an operation, by status."""
    own = {str(int(status)): _name(codes) for status, codes in _codes(operation).items()}
    gateways = {status: name for name, (status, _) in SHARED.items()}
    named = {**own, **gateways}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in named.items()}


def _codes(operation: str) -> dict[int, list[str]]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in sorted(ALWAYS | CODES[operation]):
        by_status[STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)].append(code)
    return by_status


def _name(codes: list[str]) -> str:
    return "Or".join("".join(part.title() for part in code.split("-")) for code in codes)


def _problem(codes: list[str]) -> dict[str, Any]:
    types = {"properties": {"type": {"enum": [TYPE + code for code in codes]}}}
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "content": {MEDIA_TYPE: {"schema": {"allOf": [PROBLEM, types]}}},
    }
