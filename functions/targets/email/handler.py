"""Email: through Amazon SES, or through a mail server when EMAIL_TRANSPORT is `smtp`."""

import os

from notifications.domain.outcome import Delivery, Misconfigured
from notifications.edge.consumer import consumer
from notifications.edge.credentials import credentials
from notifications.edge.mail.compose import compose
from notifications.edge.mail.ses import send_by_ses
from notifications.edge.mail.smtp import send_by_smtp

#: Connections to a mail server, and sends at once through SES: both have quotas.
MAX_CONNECTIONS = 32


def send(delivery: Delivery) -> str | None:
    """Send one e-mail; returns the provider's message id. Raises a DeliveryFailed."""
    sender = os.environ.get("EMAIL_FROM")
    if not sender:
        raise Misconfigured("no-sender", "set EMAIL_FROM")
    message = compose(delivery, sender)
    if os.environ.get("EMAIL_TRANSPORT") == "smtp":
        send_by_smtp(message, credentials("host"))
        return str(message["Message-ID"])
    return send_by_ses(message)


lambda_handler = consumer(send, parallel=MAX_CONNECTIONS)
