"""Publishes SES's events on the emulator's EventBridge, and lists the published events.

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

from infra.simulator.aws.client import KEYS, client, may_call
from infra.simulator.mail.ses_events import SOURCE, Event
from infra.simulator.outgoing import PAUSE
from infra.simulator.scripted_reply import filter_of, simulator_of
from infra.simulator.state import Simulator, now

#: Maximum number of events of one PutEvents.
MAX_ENTRIES = 10


async def publish_later(simulator: Simulator, events: Sequence[Event]) -> None:
    """Publish events in order after a short pause, together with other events."""
    simulator.unpublished += events
    if not simulator.is_publishing:
        simulator.is_publishing = True
        simulator.outgoing.start(_publish_waiting(simulator))


async def _publish_waiting(simulator: Simulator) -> None:
    try:
        while due := simulator.unpublished:
            # Events that arrive meanwhile wait for the next turn, so that each has its whole pause.
            simulator.unpublished = []
            await asyncio.sleep(PAUSE)
            for start in range(0, len(due), MAX_ENTRIES):
                await publish(simulator, due[start : start + MAX_ENTRIES])
    finally:
        simulator.is_publishing = False


async def publish(simulator: Simulator, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Publish up to ten events; return their entries in the log.

    An entry's ``problem`` is None on success. Without an emulator, events are only logged.
    """
    url = simulator.settings.emulator_url
    problems = await asyncio.to_thread(_put, url, events) if url else [None] * len(events)
    at = now()
    entries = [
        {**event, "at": at, "problem": problem}
        for event, problem in zip(events, problems, strict=True)
    ]
    simulator.events.extend(entries)
    return entries


async def list_(request: Request) -> Response:
    """Answer ``GET /events?to=``: ``{"items": [{source, detail-type, detail, at, problem}]}``."""
    to = filter_of(request)
    entries = [e for e in simulator_of(request).events if to is None or to in _destination(e)]
    return JSONResponse({"items": entries})


async def post(request: Request) -> Response:
    """Answer ``POST /events``: publish this event unchanged; 502 if the emulator rejects it."""
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
    [entry] = await publish(simulator_of(request), [event])
    return JSONResponse(entry, status_code=502 if entry["problem"] else 200)


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _destination(event: Event) -> Sequence[str]:
    mail = event["detail"].get("mail")
    addresses = mail.get("destination") if isinstance(mail, dict) else None
    return addresses if isinstance(addresses, list) else []


def _put(url: str, events: Sequence[Event]) -> list[str | None]:
    """Send events to the emulator; return the problem of each, or None."""
    if not may_call():
        return [f"not published: set {' and '.join(KEYS)}"] * len(events)
    entries = [
        {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        for event in events
    ]
    try:
        answers = client("events", url).put_events(Entries=entries)["Entries"]
    except (BotoCoreError, ClientError) as error:
        return [repr(error)] * len(events)
    return [json.dumps(answer) if "ErrorCode" in answer else None for answer in answers]


routes = [
    Route("/events", list_, methods=["GET"]),
    Route("/events", post, methods=["POST"]),
]
