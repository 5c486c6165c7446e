"""Email: sends through Amazon SES, or through a mail server if EMAIL_TRANSPORT is `smtp`."""

import os
from collections.abc import Mapping

from notification_core.domain.delivery import Accepted, Delivery
from notification_core.domain.failures import Misconfigured
from notification_core.entrypoints.consumer import consumer
from notification_core.entrypoints.unsubscribe.handler import link_for
from notification_core.providers.mail import ses
from notification_core.providers.mail.mime import build_message
from notification_core.providers.mail.smtp import send_by_smtp
from notification_core.runtime.credentials import credentials
from notification_core.runtime.wiring import aws_client

#: Connections to a mail server, or concurrent sends through SES: both have quotas.
MAX_CONNECTIONS = 32


def variables(delivery: Delivery) -> Mapping[str, str | None]:
    """Return the variables of templates that only this target knows. Raises Misconfigured."""
    return {"unsubscribe_url": link_for(delivery)}


def send(delivery: Delivery) -> Accepted:
    """Send one e-mail. Raises a ProviderError or a DeliveryFailed."""
    sender = os.environ.get("EMAIL_FROM")
    if not sender:
        raise Misconfigured("no-sender", "set EMAIL_FROM")
    from_name = os.environ.get("EMAIL_FROM_NAME") or delivery.deployment.brand.name
    message = build_message(delivery, sender, link_for(delivery), from_name=from_name)
    if os.environ.get("EMAIL_TRANSPORT") == "smtp":
        send_by_smtp(message, credentials("host"))
        return Accepted(str(message["Message-ID"]), unconfirmable=True)
    configuration_set = os.environ.get("SES_CONFIGURATION_SET") or None
    client = aws_client("sesv2", ses.ONCE)
    message_id = ses.send_by_ses(client, message, delivery, configuration_set)
    return Accepted(message_id, unconfirmable=configuration_set is None)


lambda_handler = consumer(send, variables=variables, parallel=MAX_CONNECTIONS)
