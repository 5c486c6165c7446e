"""Through Amazon SES, API v2 `SendEmail`.

Source of the codes: Amazon SES API v2 Reference, SendEmail; Developer Guide, "Amazon SES errors".
"""

from email.message import EmailMessage

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from notifications.domain.outcome import Blame, DeliveryFailed, MayHaveGone, RetryLater
from notifications.edge.failures import TIMEOUT, blame_of_status, failure
from notifications.edge.wiring import aws_client

#: Who is to blame for each code; one that is not listed goes by its HTTP status.
CODES = {
    "TooManyRequestsException": Blame.THROTTLED,
    "ThrottlingException": Blame.THROTTLED,
    "Throttling": Blame.THROTTLED,
    "LimitExceededException": Blame.CONFIGURATION,
    "MessageRejected": Blame.PERMANENT,
    "BadRequestException": Blame.PERMANENT,
    "NotFoundException": Blame.CONFIGURATION,
    "MailFromDomainNotVerifiedException": Blame.CONFIGURATION,
    "SendingPausedException": Blame.CONFIGURATION,
    "AccountSuspendedException": Blame.CONFIGURATION,
    "AccessDeniedException": Blame.CONFIGURATION,
}

#: `SendEmail` takes no idempotency token, and the SDK would send it again after a time-out.
ONCE = Config(
    connect_timeout=TIMEOUT[0],
    read_timeout=TIMEOUT[1],
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=128,
    tcp_keepalive=True,
)


def send_by_ses(message: EmailMessage) -> str:
    """Send an e-mail; returns SES's message id. Raises a DeliveryFailed."""
    try:
        answer = aws_client("sesv2", ONCE).send_email(
            FromEmailAddress=str(message["From"]),
            Destination={"ToAddresses": [str(message["To"])]},
            Content={"Raw": {"Data": message.as_bytes()}},
        )
    except ClientError as error:
        raise explain(error) from error
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise RetryLater("not-connected", type(error).__name__) from error
    except HTTPClientError as error:
        raise MayHaveGone("no-answer", type(error).__name__) from error
    return str(answer["MessageId"])


def explain(error: ClientError) -> DeliveryFailed:
    """Return the failure that an error of SES stands for."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    blame = CODES.get(code) or blame_of_status(status)
    if blame is Blame.PERMANENT and "not verified" in message:
        blame = Blame.CONFIGURATION
    return failure(blame, code, message)
