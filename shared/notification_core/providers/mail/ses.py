"""Through Amazon SES, API v2 `SendEmail`.

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

from notification_core.domain.outcomes import Delivery, OutcomeUnknown, ProviderError, RetryLater
from notification_core.domain.timing import PROVIDER_TIMEOUT

#: What one code says in different words, and the name that the table of errors has for it.
WORDS = {
    "not verified": "NotVerified",
    "Daily message quota exceeded": "DailyQuotaExceeded",
}

#: The tags that an event of SES names its notification by, and the attempt that sent the mail.
NOTIFICATION_TAG = "notification"
ATTEMPT_TAG = "attempt"

#: `SendEmail` takes no idempotency token, and the SDK would send it again after a time-out.
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
    """Send an e-mail with a client of `sesv2` that has the configuration `ONCE`.

    Returns:
        SES's message id.

    Raises:
        ProviderError, DeliveryFailed: SES did not take the e-mail, or the answer is unknown.
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
    """Where SES tells what becomes of the message, and by which name."""
    if configuration_set is None:
        return {}
    tags = [
        {"Name": NOTIFICATION_TAG, "Value": delivery.id},
        {"Name": ATTEMPT_TAG, "Value": str(delivery.attempt)},
    ]
    return {"ConfigurationSetName": configuration_set, "EmailTags": tags}


def to_provider_error(error: ClientError) -> ProviderError:
    """Return what an error of SES says."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    answer = error.response["ResponseMetadata"]
    status, wait = answer["HTTPStatusCode"], answer.get("HTTPHeaders", {}).get("retry-after")
    codes = [f"{code} {name}" for words, name in WORDS.items() if words in message]
    return ProviderError(*codes, code or status, message=message, status=status, retry_after=wait)
