"""SES's API v2: SendEmail of a raw mail.

Source: docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html. With an emulator the
request goes on to it exactly as it came, so that the emulator checks its signature and its
permission, and keeps the mail.
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
from infra.simulator.scripted_reply import UNAVAILABLE, Call, play, simulator_of
from infra.simulator.state import Item, Simulator

#: What belongs to one connection or is written anew.
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
    """A mail that was taken, with what the emulator does not keep of it."""

    given: Submission
    message_id: str

    @property
    def notes(self) -> dict[str, Any]:
        """Headers and tags."""
        return {"headers": dict(self.given.mail.headers), "tags": self.given.tags}

    @property
    def items(self) -> list[Item]:
        """One item a recipient."""
        return [
            mime.Unread(
                mail=self.given.mail, to=to, message_id=self.message_id, sender=self.given.sender
            ).read()
            for to in self.given.recipients
        ]


async def send(request: Request) -> Response:
    """Answer ``POST /v2/email/outbound-emails``: ``{"MessageId"}``, or SES's error body."""
    given = _read(await request.body())
    if isinstance(given, str):
        return ses_error.error("BadRequestException", given)

    async def accept() -> Response:
        return await _accept(request, given)

    to = given.recipients[0]
    call = Call(
        target=Target.EMAIL,
        recipients=[(recipient, Action.OK) for recipient in given.recipients],
        decided_by=to,
        outcome=find(Target.SES, to),
        accept=accept,
        refuse=ses_error.error,
    )
    return await play(request, call)


def _read(body: bytes) -> Submission | str:
    """Return what was asked for, or what is wrong with it."""
    try:
        given = json.loads(body)
        raw = base64.b64decode(given["Content"]["Raw"]["Data"], validate=True)
        addresses = _addresses(given["Destination"])
        tags = {str(tag["Name"]): str(tag["Value"]) for tag in given.get("EmailTags") or ()}
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        return f"Not a raw mail with a Destination: {problem!r}"
    if not addresses:
        return "Missing required destination."
    mail = mime.Mail(raw)
    return Submission(
        sender=str(given.get("FromEmailAddress") or mail.header("From")),
        recipients=addresses,
        mail=mail,
        configuration_set=str(given.get("ConfigurationSetName") or ""),
        tags=tags,
    )


def _addresses(destination: Mapping[str, Any]) -> list[str]:
    lists = (destination.get(f"{kind}Addresses") or [] for kind in ("To", "Cc", "Bcc"))
    return [parseaddr(str(one))[1] or str(one) for addresses in lists for one in addresses]


async def _accept(request: Request, given: Submission) -> Response:
    simulator = simulator_of(request)
    if simulator.settings.emulator_url:
        response = await _forward(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return response
        message_id = str(json.loads(bytes(response.body))["MessageId"])
        simulator.mails[message_id] = Forwarded(given, message_id)
    else:
        message_id = f"{uuid.uuid4().hex[:16]}-{uuid.uuid4()}-000000"
        response = JSONResponse({"MessageId": message_id})
        _deliver(simulator, given, message_id)
    if given.configuration_set:
        events = events_for(_sent(given, message_id))
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


def _deliver(simulator: Simulator, given: Submission, message_id: str) -> None:
    mail = Forwarded(given, message_id)
    for item in mail.items:
        simulator.deliver({**item, "extra": item["extra"] | mail.notes})


def _sent(given: Submission, message_id: str) -> Mail:
    return Mail(
        message_id=message_id,
        source=given.sender,
        destination=given.recipients,
        configuration_set=given.configuration_set,
        tags=given.tags,
        headers=given.mail.headers,
    )


routes = [Route("/v2/email/outbound-emails", send, methods=["POST"])]
