"""Faults of single parts: a statement of BatchExecuteStatement, a message of SendMessageBatch.

Parts that must not be executed are removed from the request, which is then signed again, and their
answers are generated.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.local.layout import REGION, ROOT_KEY
from tests.chaos.faults import MESSAGE_FAULTS, STATEMENT_FAULTS, Fault, Faults
from tests.chaos.http import Message, json_answer, json_request

_KEY = Credentials(ROOT_KEY["AWS_ACCESS_KEY_ID"], ROOT_KEY["AWS_SECRET_ACCESS_KEY"])
OK = 200

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A request with removed or duplicated parts, and the function that completes its answer."""

    request: Message | None  #: None if no part is left
    restore: Callable[
        [Message], Message
    ]  #: returns the answer to all parts, given the answer to the rest


def rewritten(request: Message, faults: Faults) -> Rewritten | None:
    """Draw a fault for each part of a batch; return None if no part has one."""
    operation = request.header("X-Amz-Target").rpartition(".")[2]
    if operation == "BatchExecuteStatement":
        return _statements(request, faults)
    if operation == "SendMessageBatch":
        return _messages(request, faults)
    return None


def _statements(request: Message, faults: Faults) -> Rewritten | None:
    payload = json.loads(request.body)
    drawn = [faults.draw(STATEMENT_FAULTS) for _ in payload["Statements"]]
    if not any(drawn):
        return None
    left = [
        statement
        for statement, fault in zip(payload["Statements"], drawn, strict=True)
        if fault is not Fault.STATEMENT_REFUSED
    ]
    codes = [faults.random.choice(["ThrottlingError", "InternalServerError"]) for _ in drawn]

    def restore(answer: Message) -> Message:
        answers = iter(json.loads(answer.body)["Responses"])
        responses = []
        for fault, code in zip(drawn, codes, strict=True):
            real = None if fault is Fault.STATEMENT_REFUSED else next(answers)
            # The result is hidden, except for a failed condition.
            hidden = real is None or (fault is not None and "Error" not in real)
            responses.append({"Error": {"Code": code, "Message": ""}} if hidden else real)
        return json_answer(OK, {"Responses": responses})

    return Rewritten(
        signed(request, "dynamodb", payload | {"Statements": left}) if left else None,
        _unless_refused(restore),
    )


def _messages(request: Message, faults: Faults) -> Rewritten | None:
    payload = json.loads(request.body)
    entries: list[Part] = payload["Entries"]
    drawn = {entry["Id"]: faults.draw(MESSAGE_FAULTS) for entry in entries}
    if not any(drawn.values()):
        return None
    missing = {Fault.MESSAGE_REFUSED, Fault.MESSAGE_DROPPED}
    left = [entry for entry in entries if drawn[entry["Id"]] not in missing]
    again = [
        entry | {"Id": f"again-{entry['Id']}"}
        for entry in entries
        if drawn[entry["Id"]] is Fault.MESSAGE_DOUBLED
    ]

    def restore(answer: Message) -> Message:
        real = json.loads(answer.body)
        good = [entry for entry in real.get("Successful", ()) if entry["Id"] in drawn]
        bad = [entry for entry in real.get("Failed", ()) if entry["Id"] in drawn]
        good += [
            _accepted(entry) for entry in entries if drawn[entry["Id"]] is Fault.MESSAGE_DROPPED
        ]
        bad += [_refused(entry) for entry in entries if drawn[entry["Id"]] is Fault.MESSAGE_REFUSED]
        return json_answer(OK, {"Successful": good, "Failed": bad})

    return Rewritten(_batch(request, payload, [*left, *again]), _unless_refused(restore))


#: Messages of one request (Amazon SQS API Reference, SendMessageBatch).
BATCH = 10


def _batch(request: Message, payload: Part, entries: Sequence[Part]) -> Message | None:
    # A full batch does not have room for all duplicates.
    return signed(request, "sqs", payload | {"Entries": entries[:BATCH]}) if entries else None


def _unless_refused(restore: Callable[[Message], Message]) -> Callable[[Message], Message]:
    """Return an answer unchanged if it rejects the whole request."""
    return lambda answer: restore(answer) if answer.status == OK else answer


#: The answer to a request without remaining parts.
EMPTY_ANSWER = json_answer(OK, {"Responses": []})


def _accepted(entry: Part) -> Part:
    digest = hashlib.md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"Id": entry["Id"], "MessageId": str(uuid4()), "MD5OfMessageBody": digest}


def _refused(entry: Part) -> Part:
    return {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False, "Message": ""}


def signed(request: Message, service: str, payload: Part) -> Message:
    """Return the request with another payload, signed with the emulator's root key."""
    host, path, body = request.header("Host"), request.path, json.dumps(payload).encode()
    headers = {
        "Host": host,
        "Content-Type": request.header("Content-Type"),
        "X-Amz-Target": request.header("X-Amz-Target"),
    }
    url = path if re.match("https?://", path) else f"http://{host}{path}"
    unsigned = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(_KEY, service, REGION).add_auth(unsigned)
    return json_request(path, dict(unsigned.headers.items()), body)
