"""Sends e-mail through Amazon SES, API v2 `SendEmail`.

Source of the codes: Amazon SES API v2 Reference, SendEmail; Developer Guide, "Amazon SES errors".
"""

from email.message import Message
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from notification_core.domain.delivery import Delivery
from notification_core.domain.failures import OutcomeUnknown, ProviderError, RetryLater
from notification_core.domain.timing import PROVIDER_TIMEOUT

#: Parts of messages that distinguish errors with the same code, and their names in the error table.
WORDS = {
    "not verified": "NotVerified",
    "Daily message quota exceeded": "DailyQuotaExceeded",
}

#: The tags with which an SES event names its notification, and the attempt that sent the e-mail.
NOTIFICATION_TAG = "notification"
ATTEMPT_TAG = "attempt"

#: A client configuration without retries: `SendEmail` has no idempotency token, and the SDK would
#: send the e-mail again after a timeout.
ONCE = Config(
    connect_timeout=PROVIDER_TIMEOUT[0],
    read_timeout=PROVIDER_TIMEOUT[1],
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=128,
    tcp_keepalive=True,
)


def send_by_ses(
    client: Any, message: Message, delivery: Delivery, configuration_set: str | None
) -> str:
    """Send an e-mail with an `sesv2` client that has the configuration `ONCE`.

    Returns:
        SES's message id.

    Raises:
        ProviderError, DeliveryFailed: SES did not accept the e-mail, or the outcome is unknown.
    """
    try:
        answer = client.send_email(
            FromEmailAddress=_one_line(message["From"]),
            Destination={"ToAddresses": [str(message["To"])]},
            Content={"Raw": {"Data": message.as_bytes()}},
            **_events(delivery, configuration_set),
        )
    except ClientError as error:
        raise to_provider_error(error) from error
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise RetryLater("not-connected", type(error).__name__) from error
    except HTTPClientError as error:
        raise OutcomeUnknown("no-answer", type(error).__name__) from error
    return str(answer["MessageId"])


def _one_line(header: str) -> str:
    return header.replace("\r\n", "")


def _events(delivery: Delivery, configuration_set: str | None) -> dict[str, Any]:
    """Return the parameters for SES's events: the configuration set and the tags."""
    if configuration_set is None:
        return {}
    tags = [
        {"Name": NOTIFICATION_TAG, "Value": delivery.id},
        {"Name": ATTEMPT_TAG, "Value": str(delivery.attempt)},
    ]
    return {"ConfigurationSetName": configuration_set, "EmailTags": tags}


def to_provider_error(error: ClientError) -> ProviderError:
    """Convert an SES error."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    answer = error.response["ResponseMetadata"]
    status, wait = answer["HTTPStatusCode"], answer.get("HTTPHeaders", {}).get("retry-after")
    codes = [f"{code} {name}" for words, name in WORDS.items() if words in message]
    return ProviderError(*codes, code or status, message=message, status=status, retry_after=wait)
