"""A request from Twilio to the customer: a form with a signature over the exact URL.

Source: twilio.com/docs/usage/webhooks/webhooks-security.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from twilio.request_validator import RequestValidator

from infra.simulator.outgoing import is_local
from infra.simulator.state import Simulator


@dataclass(frozen=True, slots=True)
class Answer:
    """The customer's answer; without one, ``status`` is None and ``problem`` has the reason."""

    status: int | None
    body: str = ""
    problem: str | None = None


async def post(simulator: Simulator, url: str, form: Mapping[str, str]) -> Answer:
    """Send one webhook and wait a short time for its answer."""
    if not is_local(url):
        return Answer(None, problem="not an HTTP URL of this computer")
    validator = RequestValidator(simulator.auth_token)
    headers = {
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": validator.compute_signature(url, dict(form)),
    }
    try:
        answer = await simulator.outgoing.post(url, form, headers)
    except httpx.HTTPError as error:
        return Answer(None, problem=repr(error))
    return Answer(answer.status_code, answer.text)
