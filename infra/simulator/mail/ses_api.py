"""SES's API v2: SendEmail of a raw mail.

Source: docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html. With an emulator,
the request is forwarded unchanged, so that the emulator checks its signature and permission, and
keeps the mail.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from http import HTTPStatus
from typing import Any

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.aws import event_bus
from infra.simulator.mail import mime, ses_error
from infra.simulator.mail.ses_events import Mail, events_for
from infra.simulator.outcomes import Action, Target, find
from infra.simulator.scripted_reply import UNAVAILABLE, Call, send_scripted_reply, simulator_of
from infra.simulator.state import Item, Simulator

#: Headers that belong to one connection or are generated again.
_NOT_PASSED_ON = {"connection", "content-encoding", "content-length", "date", "transfer-encoding"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """One SendEmail."""

    sender: str
    recipients: list[str]
    mail: mime.Mail
    configuration_set: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Forwarded:
    """An accepted mail, with the parts that the emulator does not keep."""

    submission: Submission
    message_id: str

    @property
    def notes(self) -> dict[str, Any]:
        """Headers and tags."""
        return {"headers": dict(self.submission.mail.headers), "tags": self.submission.tags}

    @property
    def items(self) -> list[Item]:
        """One item for each recipient."""
        return [
            mime.Unread(
                mail=self.submission.mail,
                to=to,
                message_id=self.message_id,
                sender=self.submission.sender,
            ).read()
            for to in self.submission.recipients
        ]


async def send(request: Request) -> Response:
    """Answer ``POST /v2/email/outbound-emails``: ``{"MessageId"}``, or SES's error body."""
    submission = _read(await request.body())
    if isinstance(submission, str):
        return ses_error.error("BadRequestException", submission)

    async def accept() -> Response:
        return await _accept(request, submission)

    to = submission.recipients[0]
    call = Call(
        target=Target.EMAIL,
        recipients=[(recipient, Action.OK) for recipient in submission.recipients],
        decided_by=to,
        outcome=find(Target.SES, to),
        accept=accept,
        refuse=ses_error.error,
    )
    return await send_scripted_reply(request, call)


def _read(body: bytes) -> Submission | str:
    """Return the parsed submission, or an error message."""
    try:
        payload = json.loads(body)
        raw = base64.b64decode(payload["Content"]["Raw"]["Data"], validate=True)
        addresses = _addresses(payload["Destination"])
        tags = {str(tag["Name"]): str(tag["Value"]) for tag in payload.get("EmailTags") or ()}
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        return f"Not a raw mail with a Destination: {problem!r}"
    if not addresses:
        return "Missing required destination."
    mail = mime.Mail(raw)
    return Submission(
        sender=str(payload.get("FromEmailAddress") or mail.header("From")),
        recipients=addresses,
        mail=mail,
        configuration_set=str(payload.get("ConfigurationSetName") or ""),
        tags=tags,
    )


def _addresses(destination: Mapping[str, Any]) -> list[str]:
    lists = (destination.get(f"{kind}Addresses") or [] for kind in ("To", "Cc", "Bcc"))
    return [parseaddr(str(one))[1] or str(one) for addresses in lists for one in addresses]


async def _accept(request: Request, submission: Submission) -> Response:
    simulator = simulator_of(request)
    if simulator.settings.emulator_url:
        response = await _forward(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return response
        message_id = str(json.loads(bytes(response.body))["MessageId"])
        simulator.mails[message_id] = Forwarded(submission, message_id)
    else:
        message_id = f"{uuid.uuid4().hex[:16]}-{uuid.uuid4()}-000000"
        response = JSONResponse({"MessageId": message_id})
        _deliver(simulator, submission, message_id)
    if submission.configuration_set:
        events = events_for(_sent(submission, message_id))
        response.background = BackgroundTask(event_bus.publish_later, simulator, events)
    return response


async def _forward(request: Request) -> Response:
    simulator = simulator_of(request)
    path = request.scope["raw_path"].decode()
    query = request.scope["query_string"].decode()
    url = simulator.settings.emulator_url.rstrip("/") + path + (f"?{query}" if query else "")
    try:
        answer = await simulator.outgoing.forward(
            request.method, url, request.headers.raw, await request.body()
        )
    except httpx.HTTPError as problem:
        return ses_error.error(UNAVAILABLE, f"No answer from the emulator: {problem!r}")
    headers = {k: v for k, v in answer.headers.items() if k not in _NOT_PASSED_ON}
    return Response(answer.content, answer.status_code, headers)


def _deliver(simulator: Simulator, submission: Submission, message_id: str) -> None:
    mail = Forwarded(submission, message_id)
    for item in mail.items:
        simulator.deliver({**item, "extra": item["extra"] | mail.notes})


def _sent(submission: Submission, message_id: str) -> Mail:
    return Mail(
        message_id=message_id,
        source=submission.sender,
        destination=submission.recipients,
        configuration_set=submission.configuration_set,
        tags=submission.tags,
        headers=submission.mail.headers,
    )


routes = [Route("/v2/email/outbound-emails", send, methods=["POST"])]
