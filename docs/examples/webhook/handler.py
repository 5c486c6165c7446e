"""Webhook: a notification as a JSON POST, signed so that its receiver knows whom it is from.

The signature is that of https://www.standardwebhooks.com, which has libraries to verify it.
`errors.json` says what the receiver's answers mean.
"""

import base64
import hmac
import json
import os
import time
from contextlib import suppress
from functools import cache
from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError

from notification_core.domain.delivery import Delivery
from notification_core.domain.failures import ErrorClass, Misconfigured, ProviderError, Rejected
from notification_core.domain.timing import PROVIDER_TIMEOUT
from notification_core.entrypoints.consumer import PARALLEL, consumer
from notification_core.providers.http import failure_of_request, session
from notification_core.runtime.credentials import credentials

SHORTEST_KEY = 24  #: bytes, by the standard
LONGEST_ANSWER = 4096  #: bytes that are read


@cache
def client() -> requests.Session:
    """Return this process's connections."""
    return session(PARALLEL)


def send(delivery: Delivery) -> str:
    """Post one notification; returns the id that its receiver knows it by."""
    if delivery.address.startswith("http:") and not os.environ.get("AWS_ENDPOINT_URL"):
        raise Rejected("not-https", "plain HTTP reaches a simulator on a laptop, nothing else")
    body = content(delivery)
    try:
        answer = client().post(
            delivery.address,
            data=body,
            headers={"Webhook-Attempt": str(delivery.attempt), **signed(delivery.id, body)},
            timeout=PROVIDER_TIMEOUT,
            # Following one would hand the text to an address that nobody registered.
            allow_redirects=False,
            stream=True,
        )
    except requests.RequestException as error:
        raise failure_of_request(error) from error
    # One read takes a short answer whole, which keeps the connection for the next delivery. A
    # receiver that dribbles a long one would keep the whole batch waiting.
    with answer, suppress(HTTPError):
        answer.raw.read1(LONGEST_ANSWER)
    status = answer.status_code
    if status in range(200, 300):
        return delivery.id
    raise ProviderError(
        status,
        message=answer.reason,
        status=status,
        # It may have gone, but does no harm twice: the receiver can tell by the id.
        otherwise=ErrorClass.TRANSIENT if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
        retry_after=answer.headers.get("Retry-After"),
    )


def content(delivery: Delivery) -> bytes:
    """Return the body: the same for every attempt, as a reused Idempotency-Key demands."""
    return json.dumps(
        {
            "id": delivery.id,
            "user": delivery.user,
            "title": delivery.title,
            "body": delivery.body,
            "extra": delivery.extra,
            "scheduled_delivery": delivery.scheduled_delivery.isoformat(),
        }
    ).encode()


def signed(message_id: str, body: bytes) -> dict[str, str]:
    """Return the headers for these very bytes."""
    timestamp = str(int(time.time()))
    digest = hmac.digest(key(), f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": message_id,
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def key() -> bytes:
    """Return the key that the secret holds: `whsec_` and base64."""
    secret = str(credentials("signing_secret")["signing_secret"])
    with suppress(ValueError):
        decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        if len(decoded) >= SHORTEST_KEY:
            return decoded
    raise Misconfigured("signing-secret", f"must be whsec_ and base64 of {SHORTEST_KEY} bytes")


lambda_handler = consumer(send)
