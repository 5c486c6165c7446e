"""A client of the simulator's SES, and the events of its mails."""

from email.message import EmailMessage
from typing import Any

import boto3
from botocore.config import Config

from tests.simulator import Running, eventually

SENDER = "Sender <sender@example.com>"


def aws(service: str, url: str, key: str = "test", secret: str = "test", timeout: float = 5) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=timeout),
    )


def send(simulator: Running, *to: str, client: Any = None, **fields: Any) -> str:
    """Send a mail; returns its MessageId."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = ", ".join(to)
    message["Subject"] = "Hallå"
    message["List-Unsubscribe"] = "<https://example.com/out>"
    message.set_content("Hello")
    message.add_alternative("<p>Hello</p>", subtype="html")
    given: dict[str, Any] = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": list(to)},
        "Content": {"Raw": {"Data": message.as_bytes()}},
    }
    answer = (client or aws("sesv2", simulator.url)).send_email(**(given | fields))
    return str(answer["MessageId"])


def published(simulator: Running, to: str, count: int) -> list[dict[str, Any]]:
    """Return a recipient's events once there are so many."""
    found: list[dict[str, Any]] = eventually(
        lambda: simulator.get("/events", to=to)["items"], lambda seen: len(seen) >= count
    )
    return found
