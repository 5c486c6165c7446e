"""Twilio's status callbacks, which depend on the recipient, and their log.

Source: twilio.com/docs/messaging/guides/track-outbound-message-status.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.outcomes import Action
from infra.simulator.outgoing import PAUSE
from infra.simulator.scripted_reply import filter_of, simulator_of
from infra.simulator.state import Simulator, now
from infra.simulator.twilio import inbound_webhook, message_resource

_USUAL = ("sent", "delivered")
_STATUSES: dict[Action, tuple[str, ...]] = {
    Action.HANG: (),
    Action.CUT: (),
    Action.SILENT: (),
    Action.SENT: ("sent",),
    Action.UNDELIVERED: ("sent", "undelivered"),
    Action.SHUFFLED: ("delivered", "sent", "delivered", "sent"),
}


async def send(simulator: Simulator, resource: Mapping[str, Any], url: str, action: Action) -> None:
    """Send the callbacks of a message in order, each after the answer to the previous one."""
    for status in _STATUSES.get(action, _USUAL):
        error = message_resource.later(resource)["error_code"] if status == "undelivered" else None
        async with simulator.outgoing.turns:
            answer = await inbound_webhook.post(simulator, url, _form(resource, status, error))
        entry = {"to": resource["to"], "url": url, "status": status, "error_code": error}
        outcome = {"answer": answer.status, "problem": answer.problem, "at": now()}
        simulator.callbacks.append(entry | outcome)


async def send_later(
    simulator: Simulator, resource: Mapping[str, Any], url: str, action: Action
) -> None:
    """Send the callbacks after a short pause."""

    async def work() -> None:
        await asyncio.sleep(PAUSE)
        await send(simulator, resource, url, action)

    simulator.outgoing.start(work())


async def list_(request: Request) -> Response:
    """Answer ``GET /callbacks?to=``: ``{"items": [{to, url, status, error_code, answer, ...}]}``.

    Oldest first; ``answer`` is the HTTP status. It is null without an answer, and ``problem`` then
    has the reason.
    """
    to = filter_of(request)
    entries = [e for e in simulator_of(request).callbacks if to in {None, e["to"]}]
    return JSONResponse({"items": entries})


def _form(resource: Mapping[str, Any], status: str, error: int | None) -> dict[str, str]:
    form = {
        "MessageSid": resource["sid"],
        "SmsSid": resource["sid"],
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": resource["account_sid"],
        "From": resource["from"] or message_resource.NUMBER,
        "To": resource["to"],
        "ApiVersion": message_resource.API_VERSION,
    }
    if resource["messaging_service_sid"]:
        form["MessagingServiceSid"] = resource["messaging_service_sid"]
    return form if error is None else form | {"ErrorCode": str(error)}


routes = [Route("/callbacks", list_, methods=["GET"])]
