"""Replies from a person's phone: Twilio's incoming messages, and its STOP list.

Sources: twilio.com/docs/messaging/guides/webhook-request (the webhook);
twilio.com/docs/messaging/tutorials/advanced-opt-out and the help page "Twilio support for
opt-out keywords" (the keywords, error 21610).
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.outgoing import is_local
from infra.simulator.scripted_reply import simulator_of
from infra.simulator.state import Simulator
from infra.simulator.twilio import inbound_webhook, message_resource

_STOP = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
_START = {"START", "YES", "UNSTOP"}
_OPT_OUT_TYPES = (None, "STOP", "START", "HELP")

_NO_URL = 'no sms_url: give "url", or set one with PUT /twilio/number {"sms_url": ...}'
_LOCAL = "an http or https URL of this computer"


async def number(request: Request) -> Response:
    """Answer ``PUT /twilio/number``: ``{"sms_url": URL or null}``, "A message comes in"."""
    given = await _json(request)
    url = given.get("sms_url")
    if "sms_url" not in given or not (url is None or is_local(url)):
        return _wrong("sms_url", f"{_LOCAL}, or null")
    simulator_of(request).sms_url = url or ""
    return JSONResponse({"sms_url": url})


async def account(request: Request) -> Response:
    """Answer ``PUT /twilio/account``: ``{"auth_token": TEXT}``, a replaced token."""
    token = (await _json(request)).get("auth_token")
    if not isinstance(token, str) or not token:
        return _wrong("auth_token", "a text")
    simulator_of(request).auth_token = token
    return JSONResponse({"auth_token": token})


async def reply(request: Request) -> Response:
    """Answer ``POST /twilio/replies``: ``{"message_sid", "status", "body"}`` of the webhook."""
    simulator = simulator_of(request)
    given = await _json(request)
    if (fault := _fault(given)) is not None:
        return _wrong(*fault)
    url = given.get("url") or simulator.sms_url
    if not url:
        return JSONResponse({"error": _NO_URL}, status_code=409)
    _remember(simulator, given)
    form = _form(simulator, given)
    answer = await inbound_webhook.post(simulator, url, form)
    result = {"message_sid": form["MessageSid"], "status": answer.status, "body": answer.body}
    return JSONResponse(result | ({"problem": answer.problem} if answer.problem else {}))


async def _json(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _fault(given: Mapping[str, Any]) -> tuple[str, str] | None:
    checks = (
        ("from", "a number in E.164 form", message_resource.is_number(given.get("from"))),
        ("body", "text", isinstance(given.get("body"), str)),
        ("url", _LOCAL, given.get("url") is None or is_local(given["url"])),
        ("message_sid", "text", isinstance(given.get("message_sid", ""), str)),
        ("opt_out_type", "STOP, START or HELP", given.get("opt_out_type") in _OPT_OUT_TYPES),
    )
    return next(((name, wanted) for name, wanted, good in checks if not good), None)


def _wrong(field: str, wanted: str) -> Response:
    return JSONResponse({"error": f"{field}: must be {wanted}", "field": field}, status_code=422)


def _remember(simulator: Simulator, given: Mapping[str, Any]) -> None:
    """Update the STOP list, as Twilio does regardless of the webhook's answer."""
    word = given.get("opt_out_type") or given["body"].strip().upper()
    if word in _STOP:
        simulator.opted_out[given["from"]] = word
    elif word in _START:
        simulator.opted_out.pop(given["from"], None)


def _form(simulator: Simulator, given: Mapping[str, Any]) -> dict[str, str]:
    sid = given.get("message_sid") or f"SM{uuid.uuid4().hex}"
    form = {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": simulator.settings.account_sid,
        "From": given["from"],
        "To": message_resource.NUMBER,
        "Body": given["body"],
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": message_resource.API_VERSION,
    }
    word = given.get("opt_out_type")
    return form | {"OptOutType": word} if word else form


routes = [
    Route("/twilio/account", account, methods=["PUT"]),
    Route("/twilio/number", number, methods=["PUT"]),
    Route("/twilio/replies", reply, methods=["POST"]),
]
