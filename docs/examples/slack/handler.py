"""Slack: a notification as a message to an incoming webhook, which is the address."""

from functools import cache
from http import HTTPStatus

import requests

from notification_core.domain.delivery import Delivery
from notification_core.domain.failures import ErrorClass, ProviderError
from notification_core.domain.timing import PROVIDER_TIMEOUT
from notification_core.entrypoints.consumer import PARALLEL, consumer
from notification_core.providers.http import failure_of_request, session


@cache
def client() -> requests.Session:
    """Return this process's connections."""
    return session(PARALLEL)


def send(delivery: Delivery) -> None:
    """Post one notification."""
    try:
        response = client().post(
            delivery.address, json={"text": delivery.body}, timeout=PROVIDER_TIMEOUT
        )
    except requests.RequestException as error:
        raise failure_of_request(error) from error
    if response.ok:
        return
    status = response.status_code
    raise ProviderError(
        status,
        message=response.text[:200],
        status=status,
        otherwise=ErrorClass.TRANSIENT if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
        retry_after=response.headers.get("Retry-After"),
    )


lambda_handler = consumer(send)
