"""A receiver of webhooks: every name under ``/hooks/`` accepts any body.

PUT is answered with 200, as by the response URL of a CloudFormation custom resource; POST with 204.
"""

import json
import uuid
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulator.outcomes import Action, Target, find
from infra.simulator.scripted_reply import (
    THROTTLED,
    UNAVAILABLE,
    Call,
    send_scripted_reply,
    simulator_of,
)
from infra.simulator.state import Item, now

_STATUS = {UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE, THROTTLED: HTTPStatus.TOO_MANY_REQUESTS}


async def receive(request: Request) -> Response:
    """Answer ``POST`` or ``PUT /hooks/{name}``."""
    simulator = simulator_of(request)
    name = request.path_params["name"]
    item = _item(request, name, (await request.body()).decode(errors="replace"))

    async def accept() -> Response:
        simulator.deliver(item)
        ok = HTTPStatus.OK if request.method == "PUT" else HTTPStatus.NO_CONTENT
        return Response(status_code=ok)

    call = Call(
        target=Target.WEBHOOK,
        recipients=((name, Action.OK),),
        decided_by=name,
        outcome=find(Target.WEBHOOK, name),
        accept=accept,
        refuse=_error,
    )
    return await send_scripted_reply(request, call)


def _error(reason: str) -> Response:
    status = _STATUS.get(reason, HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": "1"} if reason == THROTTLED else None
    return JSONResponse({"error": reason}, status_code=status, headers=headers)


def _item(request: Request, name: str, text: str) -> Item:
    """Keep the exact body, because a signature covers its bytes, and the parsed JSON."""
    data = _parsed(text)
    headers = dict(request.headers)
    return {
        "target": Target.WEBHOOK,
        "to": name,
        "title": str(data.get("title") or "") if isinstance(data, dict) else "",
        "body": text,
        "at": now(),
        "provider_message_id": uuid.uuid4().hex,
        "extra": {"method": request.method, "headers": headers, "json": data},
    }


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


routes = [Route("/hooks/{name}", receive, methods=["POST", "PUT"])]
