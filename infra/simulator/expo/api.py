"""Expo's push API: send and receipts.

Source: docs.expo.dev/push-notifications/sending-notifications (formats, errors, limits).
Receipts are available immediately; Expo recommends to wait for 15 minutes.
"""

import gzip
import json
import zlib
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.expo.tickets import Ticket, decision, issue, projects, request_error
from infra.simulator.outcomes import Action, Outcome, Target
from infra.simulator.scripted_reply import Call, latency, send_scripted_reply, simulator_of
from infra.simulator.state import Simulator, now

_SEND_LIMIT = 100  # recipients in a request
_RECEIPT_LIMIT = 1000  # ids in a request


async def send(request: Request) -> Response:
    """Answer ``POST /push/send``: ``{"data": [ticket, ...]}`` in the order of the recipients."""
    simulator = simulator_of(request)
    messages = _messages(await _json(request))
    tickets = [issue(simulator, m, to) for m in messages for to in _recipients(m)]
    fault, conflict = _fault(request, tickets), projects(tickets)
    if not fault and len(conflict) > 1:
        fault = "PUSH_TOO_MANY_EXPERIENCE_IDS"
    decided_by, outcome = ("", Outcome(Action.ERROR, fault)) if fault else decision(tickets)

    async def accept() -> Response:
        for ticket in tickets:
            if not ticket.error:
                _deliver(simulator, ticket)
        return JSONResponse({"data": [t.answer for t in tickets]})

    recipients = [(t.to, Action.ERROR if t.error else Action.OK) for t in tickets]
    call = Call(
        target=Target.EXPO,
        recipients=recipients or [("", Action.ERROR)],
        decided_by=decided_by,
        outcome=outcome,
        accept=accept,
        refuse=partial(request_error, details=conflict) if len(conflict) > 1 else request_error,
    )
    return await send_scripted_reply(request, call)


async def receipts(request: Request) -> Response:
    """Answer ``POST /push/getReceipts``: ``{"data": {id: receipt}}``, unknown ids absent."""
    simulator = simulator_of(request)
    await latency(simulator)
    body = await _json(request)
    given = body.get("ids") if isinstance(body, dict) else None
    ids = [str(one) for one in given] if isinstance(given, list) else None
    response = _receipts(request, ids)
    simulator.log(Target.EXPO, "", "receipts", response.status_code, ids=len(ids or ()))
    return response


def _receipts(request: Request, ids: list[str] | None) -> Response:
    simulator = simulator_of(request)
    if not _authentic(request):
        return request_error("UNAUTHORIZED")
    if ids is None:
        return request_error("VALIDATION_ERROR")
    if len(ids) > _RECEIPT_LIMIT:
        return request_error("PUSH_TOO_MANY_RECEIPTS")
    tickets = (simulator.receipts[i] for i in ids if i in simulator.receipts)
    due = (t for t in tickets if not t.held_back or _asked(simulator, t) > t.held_back)
    return JSONResponse({"data": {ticket.id: ticket.receipt for ticket in due}})


def _asked(simulator: Simulator, ticket: Ticket) -> int:
    return simulator.attempt(Target.EXPO, ticket.id)


async def _json(request: Request) -> Any:
    """Return the parsed body, which may be gzipped; None if it is not valid."""
    body = await request.body()
    try:
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return json.loads(body)
    except (ValueError, OSError, EOFError, zlib.error):
        return None


def _messages(body: Any) -> list[dict[str, Any]]:
    """Return the messages of a body; none if Expo would reject the body."""
    messages = body if isinstance(body, list) else [body]
    good = all(isinstance(m, dict) and _recipients(m) for m in messages)
    return messages if good else []


def _recipients(message: dict[str, Any]) -> list[str]:
    to = message.get("to")
    return [str(one) for one in to] if isinstance(to, list) else [str(to)] if to else []


def _authentic(request: Request) -> bool:
    given = request.headers.get("Authorization")
    token = simulator_of(request).settings.expo_access_token
    return given is None or given == f"Bearer {token}"


def _fault(request: Request, tickets: list[Ticket]) -> str:
    if not _authentic(request):
        return "UNAUTHORIZED"
    if not tickets:
        return "VALIDATION_ERROR"
    return "PUSH_TOO_MANY_NOTIFICATIONS" if len(tickets) > _SEND_LIMIT else ""


def _deliver(simulator: Simulator, ticket: Ticket) -> None:
    simulator.receipts[ticket.id] = ticket
    shown = {"to", "title", "body"}
    simulator.deliver(
        {
            "target": Target.EXPO,
            "to": ticket.to,
            "title": str(ticket.message.get("title") or ""),
            "body": str(ticket.message.get("body") or ""),
            "at": now(),
            "provider_message_id": ticket.id,
            "extra": {k: v for k, v in ticket.message.items() if k not in shown},
        }
    )


routes = [
    Route("/--/api/v2/push/send", send, methods=["POST"]),
    Route("/--/api/v2/push/getReceipts", receipts, methods=["POST"]),
]
