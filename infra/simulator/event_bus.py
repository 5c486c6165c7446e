"""Publishes SES's events on the emulator's EventBridge, and lists what was published.

Source: docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.aws import KEYS, client, may_call
from infra.simulator.outgoing import PAUSE
from infra.simulator.play import filter_of, simulator_of
from infra.simulator.ses_events import SOURCE, Event
from infra.simulator.state import Simulator, now


async def publish_later(simulator: Simulator, events: Sequence[Event]) -> None:
    """Have events published in their order, a moment from now."""

    async def work() -> None:
        await asyncio.sleep(PAUSE)
        for event in events:
            await publish(simulator, event)

    simulator.outgoing.start(work())


async def publish(simulator: Simulator, event: Event) -> dict[str, Any]:
    """Publish one event; returns its entry in the log, whose ``problem`` is None if all is well.

    Without an emulator it is only in the log.
    """
    url = simulator.settings.emulator_url
    problem = await asyncio.to_thread(_put, url, event) if url else None
    entry = {**event, "at": now(), "problem": problem}
    simulator.events.append(entry)
    return entry


async def list_(request: Request) -> Response:
    """Answer ``GET /events?to=``: ``{"items": [{source, detail-type, detail, at, problem}]}``."""
    to = filter_of(request)
    entries = [e for e in simulator_of(request).events if to is None or to in _destination(e)]
    return JSONResponse({"items": entries})


async def post(request: Request) -> Response:
    """Answer ``POST /events``: publish an event as it is given; 502 if the emulator refuses."""
    given = await _json(request)
    event = {
        "source": given.get("source", SOURCE),
        "detail-type": given.get("detail-type"),
        "detail": given.get("detail"),
    }
    kinds = {"source": str, "detail-type": str, "detail": dict}
    for name, kind in kinds.items():
        if not isinstance(event[name], kind):
            wanted = "an object" if kind is dict else "text"
            error = f"{name}: must be {wanted}"
            return JSONResponse({"error": error, "field": name}, status_code=422)
    entry = await publish(simulator_of(request), event)
    return JSONResponse(entry, status_code=502 if entry["problem"] else 200)


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _destination(event: Event) -> Sequence[str]:
    mail = event["detail"].get("mail")
    found = mail.get("destination") if isinstance(mail, dict) else None
    return found if isinstance(found, list) else []


def _put(url: str, event: Event) -> str | None:
    """Hand an event to the emulator; returns what went wrong."""
    if not may_call():
        return f"not published: set {' and '.join(KEYS)}"
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
    try:
        answer = client("events", url).put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        return repr(error)
    return json.dumps(answer["Entries"]) if answer["FailedEntryCount"] else None


routes = [
    Route("/events", list_, methods=["GET"]),
    Route("/events", post, methods=["POST"]),
]
