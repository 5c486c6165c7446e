"""Expo: sends up to 100 push notifications per request. `errors.json` describes the error codes.

Sources: https://docs.expo.dev/push-notifications/sending-notifications (limits, receipts),
https://docs.expo.dev/push-notifications/faq (600 notifications a second per project: the manifest)
"""

import re
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import requests
from exponent_server_sdk import (
    PushClient,
    PushMessage,
    PushReceipt,
    PushServerError,
    PushTicket,
)

from notification_core.domain.delivery import (
    Accepted,
    Confirmed,
    Delivery,
    Outcome,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.failures import (
    DeliveryFailed,
    ErrorClass,
    InvalidAddress,
    ProviderError,
)
from notification_core.domain.timing import PROVIDER_TIMEOUT
from notification_core.entrypoints.consumer import batch_consumer
from notification_core.providers.http import failure_of_request, session, within
from notification_core.providers.time_budget import Budget, out_of_time
from notification_core.runtime.credentials import credentials
from notification_core.runtime.settings import consumer_settings

#: Messages per request, and concurrent requests, that Expo allows.
MAX_MESSAGES = 100
MAX_CONNECTIONS = 6

#: Seconds of a send's time that must be left to start another request. With less time, its outcome
#: could be unknown.
LEAST = 5.0

TOKEN = re.compile(r"Expo(nent)?PushToken\[[^\[\]\s]+\]")

# The SDK rejects ExpoPushToken[...], which Expo accepts, and then the whole batch.
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
    return PushClient(host=url, session=kept, timeout=PROVIDER_TIMEOUT)


def in_time(push: PushClient, budget: Budget) -> PushClient:
    """Return the client with a timeout for one request that ends with the budget."""
    return PushClient(host=push.host, session=push.session, timeout=within(budget.left))


def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome | ProviderError]:
    """Send up to 100 notifications; returns one outcome per delivery, in order.

    Raises:
        ProviderError, DeliveryFailed: the outcome of all deliveries.
    """
    good = [delivery for delivery in deliveries if is_token(delivery.address)]
    outcomes = iter(publish(good, Budget()) if good else ())
    return [
        next(outcomes) if is_token(delivery.address) else InvalidAddress("not-a-token")
        for delivery in deliveries
    ]


def publish(deliveries: Sequence[Delivery], budget: Budget) -> Sequence[Outcome | ProviderError]:
    """Send deliveries with valid tokens. A request rejected for one message is sent in parts."""
    push = in_time(client(credentials().get("access_token")), budget)
    try:
        tickets = push.publish_multiple([message(delivery) for delivery in deliveries])
    except (PushServerError, requests.HTTPError) as error:
        if error.response.status_code != HTTPStatus.BAD_REQUEST or len(deliveries) == 1:
            raise to_provider_error(error) from error
        outcomes: dict[str, Outcome | ProviderError] = {}
        for part in by_project(deliveries, error) or halves(deliveries):
            ends = publish_part(part, budget)
            outcomes |= {delivery.id: end for delivery, end in zip(part, ends, strict=True)}
        return [outcomes[delivery.id] for delivery in deliveries]
    except requests.RequestException as error:
        raise failure_of_request(error) from error
    return [outcome(ticket) for ticket in tickets]


def publish_part(
    deliveries: Sequence[Delivery], budget: Budget
) -> Sequence[Outcome | ProviderError]:
    """Send a part, if there is time left. Its failure does not affect the other parts."""
    if budget.left < LEAST:
        return [out_of_time() for _ in deliveries]
    try:
        return publish(deliveries, budget)
    except (ProviderError, DeliveryFailed) as failed:
        return [failed] * len(deliveries)


def by_project(
    deliveries: Sequence[Delivery], error: PushServerError | requests.HTTPError
) -> list[list[Delivery]]:
    """Return one part per project if Expo rejected a request with several projects, or nothing.

    Expo's `details` list the tokens of each project: `{"@owner/slug": ["ExponentPushToken[...]"]}`
    (github.com/expo/expo/issues/6771).
    """
    first = first_error(error)
    details = first.get("details")
    if first.get("code") != "PUSH_TOO_MANY_EXPERIENCE_IDS" or not isinstance(details, dict):
        return []
    project_of = {token: project for project, tokens in details.items() for token in tokens}
    parts: dict[str | None, list[Delivery]] = {}
    for delivery in deliveries:
        parts.setdefault(project_of.get(delivery.address), []).append(delivery)
    return list(parts.values()) if len(parts) > 1 else []


def halves(deliveries: Sequence[Delivery]) -> list[Sequence[Delivery]]:
    """Split deliveries into halves."""
    half = len(deliveries) // 2
    return [deliveries[:half], deliveries[half:]]


def message(delivery: Delivery) -> PushMessage:
    """Return the SDK's message for a delivery; the keys of `extra` are the SDK's parameters."""
    return PushMessage(
        to=delivery.address, title=delivery.title, body=delivery.body, **delivery.extra
    )


def outcome(ticket: PushTicket) -> Accepted | ProviderError:
    """Return the outcome in a ticket."""
    return Accepted(ticket.id) if ticket.is_success() else refusal(ticket)


def refusal(answer: PushTicket | PushReceipt) -> ProviderError:
    """Return the error in a ticket or a receipt."""
    code = (answer.details or {}).get("error") or "error"
    return ProviderError(code, message=answer.message, otherwise=ErrorClass.MESSAGE)


def poll_many(
    awaited: Sequence[PendingConfirmation],
) -> Sequence[ReportContent | ProviderError | None]:
    """Read the receipts of up to 1,000 tickets; None for a receipt that does not exist yet."""
    push = client(credentials().get("access_token"))
    tickets = [SimpleNamespace(id=confirmation.provider_message_id) for confirmation in awaited]
    try:
        receipts = {receipt.id: receipt for receipt in push.check_receipts_multiple(tickets)}
    except (PushServerError, requests.HTTPError) as error:
        raise to_provider_error(error) from error
    except requests.RequestException as error:
        raise failure_of_request(error) from error
    return [
        report_content(receipts.get(confirmation.provider_message_id)) for confirmation in awaited
    ]


def report_content(receipt: PushReceipt | None) -> ReportContent | ProviderError | None:
    """Return the report in a receipt. Success means that Apple or Google accepted the message."""
    if receipt is None:
        return None
    return Confirmed() if receipt.is_success() else refusal(receipt)


def to_provider_error(error: PushServerError | requests.HTTPError) -> ProviderError:
    """Convert the error of a rejected request."""
    response, first = error.response, first_error(error)
    return ProviderError(
        str(first.get("code") or response.status_code),
        message=first.get("message", ""),
        status=response.status_code,
        # A success status with an invalid body: the messages may have been sent.
        otherwise=ErrorClass.AMBIGUOUS if response.ok else None,
        retry_after=response.headers.get("Retry-After"),
    )


def first_error(error: PushServerError | requests.HTTPError) -> dict[str, Any]:
    """Return Expo's first error of a rejected request; an empty dict if a proxy rejected it."""
    errors = getattr(error, "errors", None) or [{}]
    return errors[0] if isinstance(errors[0], dict) else {}


lambda_handler = batch_consumer(send_many, poll_many, size=MAX_MESSAGES, parallel=MAX_CONNECTIONS)
