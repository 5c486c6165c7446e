"""Twilio's Messages API: create, fetch, list.

Source: twilio.com/docs/messaging/api/message-resource.
"""

import base64
from collections.abc import Container, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.outcomes import Action, Outcome, Target, find
from infra.simulator.scripted_reply import Call, latency, send_scripted_reply, simulator_of
from infra.simulator.state import Simulator, now
from infra.simulator.twilio import message_list, message_resource, status_callbacks

_BODY_LIMIT = 1600  # characters


async def create(request: Request) -> Response:
    """Answer ``POST .../Messages.json``: 201 and a Message, or Twilio's error body."""
    simulator = simulator_of(request)
    fields = parse_qs((await request.body()).decode())
    form = {name: values[-1] for name, values in fields.items()}
    media = fields.get("MediaUrl", [])
    to = form.get("To", "")
    token = request.headers.get("I-Twilio-Idempotency-Token")

    code = "20003" if not _authentic(request) else _fault(form, media, simulator.opted_out)
    outcome = Outcome(Action.ERROR, code) if code else find(Target.TWILIO, to)

    async def accept() -> Response:
        resource = message_resource.message(request.path_params["account"], form, media)
        _deliver(simulator, resource, form, media, token)
        report = await _report(simulator, resource, form, outcome.action)
        return JSONResponse(resource, status_code=201, background=report)

    call = Call(
        target=Target.TWILIO,
        recipients=((to, Action.OK),),
        decided_by=to,
        outcome=outcome,
        accept=accept,
        refuse=message_resource.error,
        notes={"idempotency_token": token},
    )
    return await send_scripted_reply(request, call)


async def fetch(request: Request) -> Response:
    """Answer ``GET .../Messages/{sid}.json``."""
    simulator = simulator_of(request)
    await latency(simulator)
    if not _authentic(request):
        return message_resource.error("20003")
    resource = simulator.messages.get(request.path_params["sid"])
    if resource is None:
        return message_resource.error("20404")
    return JSONResponse(message_resource.later(resource))


async def list_(request: Request) -> Response:
    """Answer ``GET .../Messages.json``: newest first, filtered by To, From and DateSent."""
    simulator = simulator_of(request)
    await latency(simulator)
    if not _authentic(request):
        return message_resource.error("20003")
    newest_first = reversed(list(simulator.messages.values()))
    query = dict(request.query_params)
    return JSONResponse(message_list.page(request.url.path, query, newest_first))


def _authentic(request: Request) -> bool:
    settings = simulator_of(request).settings
    token = simulator_of(request).auth_token
    pair = base64.b64encode(f"{settings.account_sid}:{token}".encode()).decode()
    same_account = request.path_params["account"] == settings.account_sid
    return same_account and request.headers.get("Authorization") == f"Basic {pair}"


def _fault(form: Mapping[str, str], media: list[str], opted_out: Container[str]) -> str | None:
    body = form.get("Body", "")
    checks = (
        ("21604", not form.get("To")),
        ("21602", not body and not media),
        ("21603", not form.get("From") and not form.get("MessagingServiceSid")),
        ("21211", not message_resource.is_number(form.get("To"))),
        ("21617", len(body) > _BODY_LIMIT),
        ("21610", form.get("To") in opted_out),
    )
    return next((code for code, wrong in checks if wrong), None)


def _deliver(
    simulator: Simulator,
    resource: dict[str, Any],
    form: Mapping[str, str],
    media: list[str],
    token: str | None,
) -> None:
    simulator.messages[resource["sid"]] = resource
    others = {k: v for k, v in form.items() if k not in {"To", "Body", "MediaUrl"}}
    simulator.deliver(
        {
            "target": Target.TWILIO,
            "to": resource["to"],
            "title": "",
            "body": resource["body"],
            "at": now(),
            "provider_message_id": resource["sid"],
            "extra": {"media_urls": media, "idempotency_token": token, **others},
        }
    )


async def _report(
    simulator: Simulator, resource: Mapping[str, Any], form: Mapping[str, str], action: Action
) -> BackgroundTask | None:
    """Send the status callbacks, or return a task that sends them after the answer."""
    url = form.get("StatusCallback")
    if not url:
        return None
    later = partial(status_callbacks.send_later, simulator, resource, url, action)
    if action is Action.EARLY:
        await status_callbacks.send(simulator, resource, url, action)
        return None
    if action is Action.CUT_REPORTED:
        await later()
        return None
    return BackgroundTask(later)


_BASE = f"/{message_resource.API_VERSION}/Accounts/{{account}}/Messages"
routes = [
    Route(f"{_BASE}.json", create, methods=["POST"]),
    Route(f"{_BASE}.json", list_, methods=["GET"]),
    Route(f"{_BASE}/{{sid}}.json", fetch, methods=["GET"]),
]
