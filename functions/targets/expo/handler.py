"""Expo: push notifications, up to 100 to a request.

Source: https://docs.expo.dev/push-notifications/sending-notifications (limits, errors)
"""

import re
from collections.abc import Sequence
from functools import cache

import requests
from exponent_server_sdk import PushClient, PushMessage, PushServerError, PushTicket

from notifications.domain.outcome import (
    Accepted,
    AddressGone,
    Blame,
    Delivery,
    DeliveryFailed,
    Outcome,
)
from notifications.edge.consumer import batch_consumer
from notifications.edge.credentials import credentials
from notifications.edge.failures import TIMEOUT, blame_of_status, failure
from notifications.edge.http_failures import failure_of_request, session
from notifications.edge.settings import consumer_settings

#: Messages of one request, and requests at once, that Expo allows.
MAX_MESSAGES = 100
MAX_CONNECTIONS = 6

#: Who is to blame for the error of one ticket; PERMANENT where none is listed.
TICKET_CODES = {
    "DeviceNotRegistered": Blame.RECIPIENT,
    "MessageTooBig": Blame.PERMANENT,
    "MessageRateExceeded": Blame.THROTTLED,
    "InvalidCredentials": Blame.CONFIGURATION,
    "MismatchSenderId": Blame.CONFIGURATION,
    "DeveloperError": Blame.CONFIGURATION,
    "ExpoError": Blame.TRANSIENT,
    "ProviderError": Blame.TRANSIENT,
}

#: Who is to blame for the error of a whole request; one not listed goes by its HTTP status.
REQUEST_CODES = {
    "TOO_MANY_REQUESTS": Blame.THROTTLED,
    "UNAUTHORIZED": Blame.CONFIGURATION,
}

TOKEN = re.compile(r"Expo(nent)?PushToken\[[^\[\]\s]+\]")

# The SDK refuses ExpoPushToken[...], which Expo accepts, and with it a whole batch.
PushClient.is_exponent_push_token = classmethod(lambda _cls, token: is_token(token))


def is_token(text: object) -> bool:
    """Whether this is an Expo push token."""
    return isinstance(text, str) and TOKEN.fullmatch(text) is not None


@cache
def client(access_token: str | None) -> PushClient:
    """Return this process's client."""
    kept = session(MAX_CONNECTIONS)
    kept.headers.update({"accept": "application/json", "content-type": "application/json"})
    if access_token:
        kept.headers["Authorization"] = f"Bearer {access_token}"
    url = consumer_settings().provider_url
    return PushClient(host=url, session=kept, timeout=TIMEOUT)


def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
    """Send up to 100; an outcome each, in order. Raises a DeliveryFailed for them all."""
    good = [each for each in deliveries if is_token(each.address)]
    outcomes = iter(publish(good) if good else ())
    return [
        next(outcomes) if is_token(each.address) else AddressGone("not-a-token")
        for each in deliveries
    ]


def publish(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
    """Send what has tokens. A request refused for one of its messages is cut in halves."""
    push = client(credentials().get("access_token"))
    try:
        tickets = push.publish_multiple([message(each) for each in deliveries])
    except (PushServerError, requests.HTTPError) as error:
        refused = explain(error)
        if refused.blame is not Blame.PERMANENT or len(deliveries) == 1:
            raise refused from error
        half = len(deliveries) // 2
        return [*_publish(deliveries[:half]), *_publish(deliveries[half:])]
    except requests.RequestException as error:
        raise failure_of_request(error) from error
    return [outcome(each) for each in tickets]


def _publish(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
    """Send a half; its failure is not the other half's."""
    try:
        return publish(deliveries)
    except DeliveryFailed as failed:
        return [failed] * len(deliveries)


def message(delivery: Delivery) -> PushMessage:
    """Return the SDK's message for a delivery; `extra` has the same names."""
    return PushMessage(
        to=delivery.address, title=delivery.title, body=delivery.body, **delivery.extra
    )


def outcome(ticket: PushTicket) -> Outcome:
    """Return what a ticket says."""
    if ticket.is_success():
        return Accepted(ticket.id)
    code = (ticket.details or {}).get("error") or "error"
    return failure(TICKET_CODES.get(code, Blame.PERMANENT), code, ticket.message)


def explain(error: PushServerError | requests.HTTPError) -> DeliveryFailed:
    """Return the failure that a refused request stands for."""
    response = error.response
    errors = getattr(error, "errors", None) or [{}]
    code = str(errors[0].get("code") or response.status_code)
    # An answer that says success and makes no sense: it may have gone.
    by_status = Blame.AMBIGUOUS if response.ok else blame_of_status(response.status_code)
    return failure(
        REQUEST_CODES.get(code, by_status),
        code,
        errors[0].get("message", ""),
        retry_after=response.headers.get("Retry-After"),
    )


lambda_handler = batch_consumer(send_many, size=MAX_MESSAGES, parallel=MAX_CONNECTIONS)
