"""Twilio: one SMS or MMS to a phone number.

Source of every code: https://www.twilio.com/docs/api/errors/<code>
"""

import logging
from functools import cache
from threading import local
from typing import Any
from urllib.parse import urlencode

import urllib3
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.domain.outcome import Blame, Delivery, DeliveryFailed, Misconfigured
from notifications.edge.consumer import PARALLEL, consumer
from notifications.edge.credentials import credentials
from notifications.edge.failures import TIMEOUT, blame_of_status, failure
from notifications.edge.http_failures import failure_of_connection, pool
from notifications.edge.settings import consumer_settings

#: Who is to blame for each of Twilio's codes; one that is not listed goes by its HTTP status.
CODES = {
    **dict.fromkeys(
        [21211, 21214, 21217, 21265, 21266, 21268, 21604, 21614, 21635, 30005, 30006],
        Blame.RECIPIENT,
    ),
    21610: Blame.CONSENT,
    **dict.fromkeys(
        [21617, 21602, 14103, 30007, 21612, 30004, 30442, 30884, 32017, 32203, 63026],
        Blame.PERMANENT,
    ),
    **dict.fromkeys(
        [21606, 21212, 21401, 21408, 21603, 21608, 30034, 30024, 30010, 20003, 20005, 30002],
        Blame.CONFIGURATION,
    ),
    **dict.fromkeys([20429, 21611, 30001, 63017], Blame.THROTTLED),
    **dict.fromkeys([20503, 30003, 30008, 30036, 30500, 60005], Blame.TRANSIENT),
}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class KeptAliveClient(HttpClient):  # type: ignore[misc]
    """Keeps connections, and what a `TwilioRestException` leaves out: Retry-After.

    The SDK's own client prepares each request with `requests`, which costs as much processor as
    all else that is done for a message.
    """

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=TIMEOUT[1])
        self.pool = pool(PARALLEL)
        self.answer = local()

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_settings: Any,
    ) -> Response:
        """Send a request; its Retry-After is in `answer.retry_after`, for this thread."""
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        said = {name: value for name, value in (data or {}).items() if value is not None}
        found = self.pool.request(
            method,
            url + query,
            body=urlencode(said, doseq=True),
            headers={**(headers or {}), **FORM, **_basic(*(auth or ("", "")))},
            redirect=False,
        )
        self.answer.retry_after = found.headers.get("Retry-After")
        return Response(found.status, found.data.decode(errors="replace"), dict(found.headers))


@cache
def _basic(username: str, password: str) -> dict[str, str]:
    return dict(urllib3.make_headers(basic_auth=f"{username}:{password}"))


@cache
def client(account_sid: str, auth_token: str) -> Client:
    """Return this process's client."""
    made = Client(account_sid, auth_token, http_client=KeptAliveClient())
    if url := consumer_settings().provider_url:
        made.api.base_url = url
    return made


def send(delivery: Delivery) -> str | None:
    """Send one message; returns its SID. Raises a DeliveryFailed."""
    secret = credentials("account_sid", "auth_token")
    twilio = client(secret["account_sid"], secret["auth_token"])
    try:
        message = twilio.messages.create(
            to=delivery.address, body=delivery.body, **sender(secret), **delivery.extra
        )
    except TwilioRestException as error:
        raise explain(error, twilio.http_client.answer.retry_after) from error
    except urllib3.exceptions.HTTPError as error:
        raise failure_of_connection(error) from error
    sid: str | None = message.sid
    return sid


def sender(secret: dict[str, Any]) -> dict[str, str]:
    """Return who it is from: a Messaging Service, or a number."""
    if service := secret.get("messaging_service_sid"):
        return {"messaging_service_sid": service}
    if number := secret.get("from"):
        return {"from_": number}
    raise Misconfigured("no-sender", "set from or messaging_service_sid in the secret")


def explain(error: TwilioRestException, retry_after: str | None) -> DeliveryFailed:
    """Return the failure that an error of the SDK stands for.

    The SDK puts the HTTP status where an answer had no code of Twilio's.
    """
    known = error.code != error.status and CODES.get(error.code)
    blame = known or blame_of_status(error.status)
    return failure(blame, error.code, error.msg, retry_after=retry_after)


lambda_handler = consumer(send)
