"""Twilio: sends one SMS or MMS to a phone number. `errors.json` describes the error codes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from threading import local
from typing import Any
from urllib.parse import urlencode

import urllib3
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notification_core.domain.delivery import Accepted, Delivery, PendingConfirmation, ReportContent
from notification_core.domain.failures import Misconfigured, ProviderError, RetryLater
from notification_core.domain.timing import LEASE, PROVIDER_TIMEOUT, SEND_TIME_LIMIT
from notification_core.entrypoints.consumer import PARALLEL, consumer
from notification_core.providers.http import failure_of_connection, pool, within
from notification_core.providers.time_budget import Budget
from notification_core.providers.twilio import FAILED, report_content
from notification_core.runtime.credentials import credentials
from notification_core.runtime.settings import consumer_settings

#: Messages of one recipient that are searched for a message that may have been sent.
RECENT = 50

#: Seconds of a send's time that the look-up may take; the rest is enough to send the message.
LOOK_UP_TIME_LIMIT = 3.0

#: The largest expected delay of Twilio's clock behind ours.
SKEW = timedelta(seconds=2)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class KeptAliveClient(HttpClient):  # type: ignore[misc]
    """An HTTP client that reuses connections, enforces time limits and keeps Retry-After.

    A `TwilioRestException` does not contain the Retry-After header. The SDK's own client prepares
    each request with `requests`, which uses as much CPU time as all other work for a message.
    """

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=PROVIDER_TIMEOUT[1])
        self.pool = pool(PARALLEL)
        self.answer = local()
        self.time = local()

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
        """Send a request within this thread's `time.left` seconds.

        The response's Retry-After is stored in this thread's `answer.retry_after`.
        """
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        fields = {name: value for name, value in (data or {}).items() if value is not None}
        answer = self.pool.request(
            method,
            url + query,
            body=urlencode(fields, doseq=True),
            headers={**(headers or {}), **FORM, **_basic(*(auth or ("", "")))},
            redirect=False,
            timeout=within(self.time.left),
        )
        self.answer.retry_after = answer.headers.get("Retry-After")
        return Response(answer.status, answer.data.decode(errors="replace"), dict(answer.headers))


@cache
def _basic(username: str, password: str) -> dict[str, str]:
    return dict(urllib3.make_headers(basic_auth=f"{username}:{password}"))


@cache
def client(account_sid: str, auth_token: str) -> Client:
    """Return this process's client."""
    twilio = Client(account_sid, auth_token, http_client=KeptAliveClient())
    if url := consumer_settings().provider_url:
        twilio.api.base_url = url
    return twilio


def send(delivery: Delivery) -> Accepted:
    """Send one message. Raises a ProviderError or a DeliveryFailed."""
    secret = credentials("account_sid", "auth_token")
    twilio, budget = client(secret["account_sid"], secret["auth_token"]), Budget()
    twilio.http_client.time.left = min(LOOK_UP_TIME_LIMIT, budget.left)
    if (sid := find(twilio, delivery)) is not None:
        return Accepted(sid, "found among the recipient's messages: not sent again")
    twilio.http_client.time.left = budget.left
    with provider_errors(twilio):
        message = twilio.messages.create(
            to=delivery.address,
            body=delivery.body,
            **sender(secret),
            **callback(delivery),
            **delivery.extra,
        )
    return Accepted(message.sid)


def find(twilio: Client, delivery: Delivery) -> str | None:
    """Return the SID of the message that an earlier attempt sent, or None.

    Raises:
        ProviderError, DeliveryFailed: the look-up failed; nothing is sent before it succeeds.
    """
    if delivery.possibly_sent_at is None:
        return None
    since, until = delivery.possibly_sent_at - SKEW, delivery.possibly_sent_at + LEASE
    with provider_errors(twilio), nothing_sent():
        messages = twilio.messages.list(to=delivery.address, limit=RECENT)
    for message in messages:
        # On a trial account, Twilio prepends its own text to the message.
        same = (message.body or "").strip().endswith(delivery.body.strip())
        if same and since <= message.date_created <= until and message.status not in FAILED:
            return str(message.sid)
    return None


@contextmanager
def nothing_sent() -> Iterator[None]:
    """Turn a failed look-up into a RetryLater, because nothing was sent."""
    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise RetryLater("no-look-up", type(error).__name__) from error
    except TwilioRestException as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RetryLater("no-look-up", f"HTTP {error.status}") from error
        raise


def poll(awaited: PendingConfirmation) -> ReportContent | ProviderError | None:
    """Poll a message whose callback has not come; None if Twilio no longer has the message."""
    secret, sid = credentials("account_sid", "auth_token"), awaited.provider_message_id
    twilio = client(secret["account_sid"], secret["auth_token"])
    twilio.http_client.time.left = SEND_TIME_LIMIT
    try:
        with provider_errors(twilio):
            message = twilio.messages(sid).fetch()
    except ProviderError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return report_content(message.status, message.error_code, sid)


@contextmanager
def provider_errors(twilio: Client) -> Iterator[None]:
    """Convert exceptions of the SDK."""
    try:
        yield
    except TwilioRestException as error:
        raise to_provider_error(error, twilio.http_client.answer.retry_after) from error
    except urllib3.exceptions.HTTPError as error:
        raise failure_of_connection(error) from error


def callback(delivery: Delivery) -> dict[str, str]:
    """Return the URL to which Twilio reports the message's status."""
    base = consumer_settings().public_url
    path = f"callbacks/twilio/status/{delivery.id}/{delivery.attempt}"
    return {"status_callback": f"{base}/{path}"} if base else {}


def sender(secret: dict[str, Any]) -> dict[str, str]:
    """Return the sender: a Messaging Service or a phone number."""
    if service := secret.get("messaging_service_sid"):
        return {"messaging_service_sid": service}
    if number := secret.get("from"):
        return {"from_": number}
    raise Misconfigured("no-sender", "set from or messaging_service_sid in the secret")


def to_provider_error(error: TwilioRestException, retry_after: str | None) -> ProviderError:
    """Convert an error of the SDK.

    The SDK uses the HTTP status as the code of a response without a Twilio code.
    """
    return ProviderError(
        error.code, message=error.msg, status=error.status, retry_after=retry_after
    )


lambda_handler = consumer(send, poll)
