"""Plays an outcome: the one place that refuses, delays, hangs up or lets a call through."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from infra.simulator.outcomes import Action, Outcome, Target
from infra.simulator.state import Simulator

#: What ``Call.refuse`` is asked for when the table says 503 or 429 and not a code of its own.
UNAVAILABLE = "unavailable"
THROTTLED = "throttled"

_PAGE = "<!doctype html><title>{0}</title><h1>{0}</h1><p>Scripted by the recipient.</p>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One provider call, and the provider's own ways of saying yes and no."""

    target: Target
    #: Each recipient, and the outcome it has of its own when the call as a whole succeeds.
    recipients: Sequence[tuple[str, Action]]
    #: The recipient whose outcome decides for the whole call.
    decided_by: str
    outcome: Outcome
    #: Puts the message in the inbox and answers.
    accept: Callable[[], Awaitable[Response]]
    #: Answers with an error code of the provider, UNAVAILABLE or THROTTLED.
    refuse: Callable[[str], Response]
    #: Added to each entry of the request log.
    notes: Mapping[str, Any] = field(default_factory=dict)

    def log(self, simulator: Simulator, action: Action, status: int | None) -> None:
        """Write one entry per recipient."""
        for to, own in self.recipients:
            shown = own if action is Action.OK else action
            simulator.log(self.target, to, shown, status, **self.notes)


def simulator_of(request: Request) -> Simulator:
    """Return the simulator this request was sent to."""
    return cast("Simulator", request.app.state.simulator)


def filter_of(request: Request) -> str | None:
    """Return the ``to`` asked for; no recipient has a space, so one is a plus not encoded."""
    to = request.query_params.get("to")
    return to and to.replace(" ", "+")


async def latency(simulator: Simulator) -> None:
    """Wait as long as ``--latency-ms`` asks of every provider call."""
    if simulator.settings.latency_ms:
        await asyncio.sleep(simulator.settings.latency_ms / 1000)


async def send_scripted_reply(request: Request, call: Call) -> Response:
    """Answer a call as its outcome says."""
    simulator = simulator_of(request)
    await latency(simulator)
    outcome = effective(simulator, call.target, call.decided_by, call.outcome)
    if outcome.action is Action.DROP:
        call.log(simulator, outcome.action, None)
        return await _cut(request)
    refusal = _refusal(call, outcome)
    if refusal is None:
        return await _accept(request, call, outcome)
    call.log(simulator, outcome.action, refusal.status_code)
    return refusal


def effective(simulator: Simulator, target: Target, to: str, outcome: Outcome) -> Outcome:
    """Count this attempt: a "n times" outcome has become success after n."""
    if outcome.action not in {Action.FAIL, Action.THROTTLE}:
        return outcome
    used_up = simulator.attempt(target, to) > int(outcome.value)
    return Outcome(Action.OK) if used_up else outcome


def _refusal(call: Call, outcome: Outcome) -> Response | None:
    match outcome.action:
        case Action.ERROR:
            return call.refuse(outcome.value)
        case Action.FAIL:
            return call.refuse(UNAVAILABLE)
        case Action.THROTTLE:
            return call.refuse(THROTTLED)
        case Action.HTTP:
            return HTMLResponse(_PAGE.format(outcome.value), status_code=int(outcome.value))
        case _:
            return None


async def _accept(request: Request, call: Call, outcome: Outcome) -> Response:
    if outcome.action is Action.SLOW:
        await _pause(request, int(outcome.value) / 1000)
    response = await call.accept()
    no_answer = outcome.action in {Action.CUT, Action.CUT_REPORTED}
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        # What stands behind the simulator has refused; nothing was accepted that could be lost.
        call.log(simulator_of(request), Action.ERROR, response.status_code)
        return response
    call.log(simulator_of(request), outcome.action, None if no_answer else response.status_code)
    if outcome.action is Action.HANG:
        await _pause(request, int(outcome.value))
    return await _cut(request) if no_answer else response


async def _pause(request: Request, seconds: float) -> None:
    """Wait, but not for a client that has gone: that would only delay the simulator's end."""
    try:
        async with asyncio.timeout(seconds):
            await _wait_for_disconnect(request)
    except TimeoutError:
        return


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cut(request: Request) -> Response:
    """Close the TCP connection with no answer, which ASGI has no word for."""
    for connection in list(request.app.state.connections):
        if connection.client == tuple(request.scope["client"]):
            connection.transport.abort()
    await _wait_for_disconnect(request)
    return Response()  # goes nowhere
