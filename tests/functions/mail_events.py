"""Events of Amazon SES about e-mails, as EventBridge puts them on the queue."""

import json
from typing import Any
from uuid import uuid4

from functions.callbacks.ses.handler import lambda_handler
from infra.simulator.mail.ses_events import Mail
from notification_core.domain.notification import Notification
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Context
from tests.functions.targets import SENDER

Event = dict[str, Any]


def mail_of(email: Consumer, notification: Notification, message_id: str = "") -> Mail:
    """What SES knows of a notification's mail."""
    return Mail(
        message_id=message_id or notification.provider_message_id or "",
        source=SENDER,
        destination=[email.get_record(notification).target_user_id],
        configuration_set="notifications",
        tags={"notification": notification.id},
    )


def message(event: Event) -> Event:
    """Return an event as a message of the queue."""
    return raw_message(json.dumps(whole(event)))


def raw_message(body: str) -> Event:
    """Return a message as the event source hands it over."""
    return {"messageId": str(uuid4()), "body": body}


def hand_over(*messages: Event) -> list[str]:
    """Call the function; returns the ids of the messages that it wants again."""
    answer = lambda_handler({"Records": list(messages)}, Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def tell(*events: Event) -> None:
    """Hand over events, all of which the function accepts."""
    assert hand_over(*(message(each) for each in events)) == []


def whole(event: Event) -> Event:
    """Return an event of EventBridge, with what each of them has."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "account": "000000000000",
        "time": "2026-03-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        **event,
    }
