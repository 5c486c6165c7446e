"""What schemathesis is told of this API: how to sign, and what its document cannot say.

It is loaded by `st run`; `STACK_ACCESS` names the stack's access file.
"""

import json
import os
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests.auth
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest
from schemathesis.auths import GLOBAL_AUTH_STORAGE
from schemathesis.specs.openapi.checks import negative_data_rejection

BATCHES = {"/imports/batch", "/notifications/batch", "/target-user-records/batch"}
OPENAPI = json.loads(Path(__file__).parents[2].joinpath("docs", "openapi.json").read_text())

#: Why a request may be refused that the document allows: what is deployed, what is registered, ...
CODES = {"unknown-module", "no-active-records"}

#: ... what the clock, a target or the token of a page says of a field, ...
FIELDS = {
    "body",
    "content",
    "deliver_before",
    "extra",
    "next",
    "scheduled_delivery",
    "target_user_id",
    "template",
    "time_zone",
    "to",
}

#: ... what a template says of its own fields, and whether it has such a version or a channel, ...
TEMPLATE_FIELDS = {
    "channel",
    "content",
    "data",
    "default_locale",
    "examples",
    "from",
    "locale",
    "partial",
    "schema",
    "to",
    "version",
}

#: ... and what two parameters or fields say together.
SAID = {
    "user: name either user or target, and only one of them",
    *(
        f"{name}: name exactly one of address, provider_id, reference"
        for name in ("address", "provider_id", "reference")
    ),
    "request: name one of target_user_record, user and to, and only one of them",
    "request: targets goes with user",
    "user: is required for an opt-out",
    "title: is required",
    "title: is given without the other; give title and body, or neither",
    *(
        f"{name}: cannot be combined with template; leave one of them out"
        for name in ("title", "body", "content", "html_to_text")
    ),
    *(f"{name}: goes with template; name one, or leave it out" for name in ("data", "locale")),
    "data: goes with a template, which this notification has not; leave it out",
    *(
        f"{name}: cannot be combined with data, which is for a template; leave one out"
        for name in ("title", "body")
    ),
    "request: name either ids, or at least one of target, error_code, statuses, since, until",
    "request: until must not be before since",
}
#: The place of a field in a batch.
ITEM = re.compile(r"^items\.[0-9]+\.")
NOT_LISTED = "status: must be one of"  # where a target is named


class Signed(requests.auth.AuthBase):
    """Signs each request as it leaves."""

    def __init__(self) -> None:
        access = json.loads(Path(os.environ["STACK_ACCESS"]).read_text())
        key = Credentials(access["access_key_id"], access["secret_access_key"])
        self._signer = SigV4Auth(key, "execute-api", access["region"])

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signed = AWSRequest(request.method, request.url, data=request.body)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


GLOBAL_AUTH_STORAGE.set_from_requests(Signed())


@schemathesis.check
def refused_only_for_what_the_document_cannot_say(
    _context: schemathesis.CheckContext,
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> None:
    """It stands for `positive_data_acceptance`, which takes any 422 for a fault."""
    allowed = case.meta is not None and case.meta.generation.mode.is_positive
    if not allowed or response.status_code not in {400, 413, 422}:
        return
    problem = response.json()
    code = problem["type"].rpartition(":")[2]
    errors = problem.get("errors") or ()
    known = code in CODES or (errors and all(map(is_beyond_the_document, errors)))
    assert known, f"the document allows it: {problem['detail']}"


@schemathesis.check
def refused_if_the_document_forbids_it(
    context: schemathesis.CheckContext,
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> bool | None:
    """It stands for `negative_data_rejection`, which does not know that a batch refuses by item."""
    if case.operation.path in BATCHES and response.status_code == HTTPStatus.OK:
        refused = [item for item in response.json()["items"] if item["problem"] is not None]
        if refused:
            return None
    return negative_data_rejection(context, response, case)


@schemathesis.check
def code_is_one_that_the_document_lists(
    _context: schemathesis.CheckContext,
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> None:
    """The codes of a response are in its description, where no validator looks for them."""
    if "application/problem+json" not in response.headers.get("content-type", [""])[0]:
        return
    operation = OPENAPI["paths"].get(case.operation.path, {}).get(case.method.lower())
    if operation is None or response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return
    listed = operation["responses"].get(str(response.status_code), {"$ref": "/Failed"})
    described = OPENAPI["components"]["responses"][listed["$ref"].rpartition("/")[2]]
    code = response.json()["type"].rpartition(":")[2]
    assert f"`{code}`" in described["description"], f"the document does not list {code}"


def is_beyond_the_document(error: dict[str, str]) -> bool:
    """Whether the document cannot say why this field is refused."""
    path = ITEM.sub("", error["field"])
    line = f"{path}: {error['message']}"
    field = path.partition(".")[0]
    return field in FIELDS | TEMPLATE_FIELDS or line in SAID or line.startswith(NOT_LISTED)
