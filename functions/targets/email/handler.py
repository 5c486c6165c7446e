"""Email: through Amazon SES, or through a mail server when EMAIL_TRANSPORT is `smtp`."""

import os

from notifications.domain.outcome import Accepted, Delivery, Misconfigured
from notifications.edge.consumer import consumer
from notifications.edge.credentials import credentials
from notifications.edge.mail.compose import compose
from notifications.edge.mail.ses import send_by_ses
from notifications.edge.mail.smtp import send_by_smtp
from notifications.edge.unsubscribe import link_for

#: Connections to a mail server, and sends at once through SES: both have quotas.
MAX_CONNECTIONS = 32


def send(delivery: Delivery) -> Accepted:
    """Send one e-mail. Raises a ProviderError or a DeliveryFailed."""
    sender = os.environ.get("EMAIL_FROM")
    if not sender:
        raise Misconfigured("no-sender", "set EMAIL_FROM")
    message = compose(delivery, sender, link_for(delivery))
    if os.environ.get("EMAIL_TRANSPORT") == "smtp":
        send_by_smtp(message, credentials("host"))
        return Accepted(str(message["Message-ID"]), unconfirmable=True)
    configuration_set = os.environ.get("SES_CONFIGURATION_SET") or None
    message_id = send_by_ses(message, delivery, configuration_set)
    return Accepted(message_id, unconfirmable=configuration_set is None)


lambda_handler = consumer(send, parallel=MAX_CONNECTIONS)
