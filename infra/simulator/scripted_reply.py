"""Answers a call as its outcome requires: rejects, delays, disconnects or accepts it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from infra.simulator.outcomes import Action, Outcome, Target
from infra.simulator.state import Simulator

#: The arguments of ``Call.refuse`` for the outcomes 503 and 429, which have no provider code.
UNAVAILABLE = "unavailable"
THROTTLED = "throttled"

_PAGE = "<!doctype html><title>{0}</title><h1>{0}</h1><p>Scripted by the recipient.</p>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One provider call, with functions for the provider's own answers."""

    target: Target
    #: Each recipient, and its own outcome if the call as a whole succeeds.
    recipients: Sequence[tuple[str, Action]]
    #: The recipient whose outcome determines the whole call.
    decided_by: str
    outcome: Outcome
    #: Puts the message in the inbox and returns the answer.
    accept: Callable[[], Awaitable[Response]]
    #: Returns the answer for an error code of the provider, UNAVAILABLE or THROTTLED.
    refuse: Callable[[str], Response]
    #: Added to each entry of the request log.
    notes: Mapping[str, Any] = field(default_factory=dict)

    def log(self, simulator: Simulator, action: Action, status: int | None) -> None:
        """Write one entry per recipient."""
        for to, own in self.recipients:
            shown = own if action is Action.OK else action
            simulator.log(self.target, to, shown, status, **self.notes)


def simulator_of(request: Request) -> Simulator:
    """Return the simulator that received this request."""
    return cast("Simulator", request.app.state.simulator)


def filter_of(request: Request) -> str | None:
    """Return the parameter ``to``. A space is an unencoded plus, as no recipient has spaces."""
    to = request.query_params.get("to")
    return to and to.replace(" ", "+")


async def latency(simulator: Simulator) -> None:
    """Wait for the time that ``--latency-ms`` adds to every provider call."""
    if simulator.settings.latency_ms:
        await asyncio.sleep(simulator.settings.latency_ms / 1000)


async def send_scripted_reply(request: Request, call: Call) -> Response:
    """Answer a call as its outcome requires."""
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
    """Count this attempt, and return success after the n-th for an outcome of "n times"."""
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
        # The emulator rejected the call, so nothing was accepted.
        call.log(simulator_of(request), Action.ERROR, response.status_code)
        return response
    call.log(simulator_of(request), outcome.action, None if no_answer else response.status_code)
    if outcome.action is Action.HANG:
        await _pause(request, int(outcome.value))
    return await _cut(request) if no_answer else response


async def _pause(request: Request, seconds: float) -> None:
    """Wait, but no longer than the client, because that would delay the simulator's shutdown."""
    try:
        async with asyncio.timeout(seconds):
            await _wait_for_disconnect(request)
    except TimeoutError:
        return


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cut(request: Request) -> Response:
    """Close the TCP connection without an answer, which ASGI cannot express."""
    for connection in list(request.app.state.connections):
        if connection.client == tuple(request.scope["client"]):
            connection.transport.abort()
    await _wait_for_disconnect(request)
    return Response()  # is not sent
