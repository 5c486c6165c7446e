"""Twilio: one SMS or MMS to a phone number. `errors.json` says what its codes mean."""

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

from notification_core.domain.outcomes import (
    Accepted,
    Delivery,
    Misconfigured,
    PendingConfirmation,
    ProviderError,
    ReportContent,
    RetryLater,
)
from notification_core.domain.timing import LEASE, PROVIDER_TIMEOUT, SEND_TIME_LIMIT
from notification_core.entrypoints.consumer import PARALLEL, consumer
from notification_core.providers.http import failure_of_connection, pool, within
from notification_core.providers.time_budget import Budget
from notification_core.providers.twilio import FAILED, report_content
from notification_core.runtime.credentials import credentials
from notification_core.runtime.settings import consumer_settings

#: Messages of one recipient that are looked through for one that may have gone.
RECENT = 50

#: Seconds that the look-up may take of a send's time: what is left is enough for the message.
LOOK_UP_TIME_LIMIT = 3.0

#: How far Twilio's clock may be behind ours.
SKEW = timedelta(seconds=2)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class KeptAliveClient(HttpClient):  # type: ignore[misc]
    """Keeps connections and their time, and what a `TwilioRestException` leaves out: Retry-After.

    The SDK's own client prepares each request with `requests`, which costs as much processor as
    all else that is done for a message.
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
        """Send a request, in the `time.left` that this thread has been given.

        Its Retry-After is in `answer.retry_after`, for this thread.
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
    if (gone := find(twilio, delivery)) is not None:
        return Accepted(gone, "found among the recipient's messages: not sent again")
    twilio.http_client.time.left = budget.left
    with explain_notification(twilio):
        message = twilio.messages.create(
            to=delivery.address,
            body=delivery.body,
            **sender(secret),
            **callback(delivery),
            **delivery.extra,
        )
    return Accepted(message.sid)


def find(twilio: Client, delivery: Delivery) -> str | None:
    """Return the SID of the message that an earlier attempt sent, if it went after all.

    Raises:
        ProviderError, DeliveryFailed: Twilio does not say; nothing is sent before it does.
    """
    if delivery.possibly_sent_at is None:
        return None
    since, until = delivery.possibly_sent_at - SKEW, delivery.possibly_sent_at + LEASE
    with explain_notification(twilio), nothing_sent():
        messages = twilio.messages.list(to=delivery.address, limit=RECENT)
    for message in messages:
        # A trial account puts words of Twilio's before ours.
        same = (message.body or "").strip().endswith(delivery.body.strip())
        if same and since <= message.date_created <= until and message.status not in FAILED:
            return str(message.sid)
    return None


@contextmanager
def nothing_sent() -> Iterator[None]:
    """A question that got no answer may be asked again."""
    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise RetryLater("no-look-up", type(error).__name__) from error
    except TwilioRestException as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RetryLater("no-look-up", f"HTTP {error.status}") from error
        raise


def look(awaited: PendingConfirmation) -> ReportContent | ProviderError | None:
    """Ask for a message whose callback has not come; one that Twilio has forgotten has no news."""
    secret, sid = credentials("account_sid", "auth_token"), awaited.provider_message_id
    twilio = client(secret["account_sid"], secret["auth_token"])
    twilio.http_client.time.left = SEND_TIME_LIMIT
    try:
        with explain_notification(twilio):
            message = twilio.messages(sid).fetch()
    except ProviderError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return report_content(message.status, message.error_code, sid)


@contextmanager
def explain_notification(twilio: Client) -> Iterator[None]:
    """Turn what the SDK raises into what it says."""
    try:
        yield
    except TwilioRestException as error:
        raise explain(error, twilio.http_client.answer.retry_after) from error
    except urllib3.exceptions.HTTPError as error:
        raise failure_of_connection(error) from error


def callback(delivery: Delivery) -> dict[str, str]:
    """Return where Twilio is to tell what becomes of the message."""
    base = consumer_settings().public_url
    path = f"callbacks/twilio/status/{delivery.id}/{delivery.attempt}"
    return {"status_callback": f"{base}/{path}"} if base else {}


def sender(secret: dict[str, Any]) -> dict[str, str]:
    """Return who it is from: a Messaging Service, or a number."""
    if service := secret.get("messaging_service_sid"):
        return {"messaging_service_sid": service}
    if number := secret.get("from"):
        return {"from_": number}
    raise Misconfigured("no-sender", "set from or messaging_service_sid in the secret")


def explain(error: TwilioRestException, retry_after: str | None) -> ProviderError:
    """Return what an error of the SDK says.

    The SDK puts the HTTP status where an answer had no code of Twilio's.
    """
    return ProviderError(
        error.code, message=error.msg, status=error.status, retry_after=retry_after
    )


lambda_handler = consumer(send, look)
