"""The events that SES publishes about a mail, in EventBridge's format. There is no I/O here.

Sources: docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (fields;
they are the same on EventBridge), .../event-publishing-retrieving-sns-examples.html, and
docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html (detail types).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from infra.simulator.outcomes import Action, Target, find
from infra.simulator.state import stamp

#: EventBridge reserves the source ``aws.ses`` for AWS.
SOURCE = "notifications.simulator"

_ACCOUNT = "000000000000"
_MTA = "a8-70.smtp-out.amazonses.com"
_DELAY_LIMIT = timedelta(hours=14)

#: Status and diagnostic code of a bounce by its subtype; other subtypes use those of the type.
_BOUNCES = {
    "Permanent": ("5.1.1", "smtp; 550 5.1.1 user unknown"),
    "Transient": ("4.4.7", "smtp; 554 4.4.7 Message expired: unable to deliver"),
    "Undetermined": ("5.0.0", "smtp; 550 delivery failed"),
    "MailboxFull": ("5.2.2", "smtp; 552 5.2.2 mailbox full"),
    "MessageTooLarge": ("5.3.4", "smtp; 552 5.3.4 message too large"),
    "ContentRejected": ("5.7.1", "smtp; 554 5.7.1 message content rejected"),
    "OnAccountSuppressionList": (
        "5.1.1",
        "Amazon SES did not send the message to this address because it is on the suppression list",
    ),
}

#: ``{"source", "detail-type", "detail"}``
Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """SES's record of an accepted mail."""

    message_id: str
    source: str
    #: Bare addresses; the first determines the outcome.
    destination: Sequence[str]
    configuration_set: str
    tags: Mapping[str, str] = field(default_factory=dict)
    headers: Sequence[tuple[str, str]] = ()
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def events_for(mail: Mail) -> list[Event]:
    """Return the events of a mail in order, as its first recipient determines them."""
    outcome = find(Target.SES, mail.destination[0])
    match outcome.action:
        case Action.BOUNCE:
            kind, detail = outcome.value.split("-")
            how = {"status" if "." in detail else "subtype": detail}
            return [bounced(mail, kind.capitalize(), **how)]
        case Action.COMPLAINT:
            return [delivered(mail), complained(mail)]
        case Action.DELAY:
            return [delayed(mail), delayed(mail, attempt=2), delivered(mail)]
        case Action.REJECT:
            return [rejected(mail)]
        case Action.SILENT | Action.HANG | Action.CUT:
            return []
        case _:
            return [delivered(mail)]


def delivered(mail: Mail) -> Event:
    """Return the event that the recipient's mail server has accepted the mail."""
    delivery = {
        "timestamp": stamp(mail.sent_at + timedelta(seconds=1)),
        "processingTimeMillis": 1000,
        "recipients": list(mail.destination),
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "127.0.0.1",
        "reportingMTA": _MTA,
    }
    return _event(mail, "Email Delivered", "Delivery", "delivery", delivery)


def bounced(
    mail: Mail, kind: str = "Permanent", subtype: str = "General", status: str = ""
) -> Event:
    """Return the event that the mail bounced, with its bounceType and bounceSubType.

    `status` is an enhanced status code of the recipient's server. A delivery report often contains
    only its class, while the server's reply contains the whole code.
    """
    if status:
        reply = {"4": "450", "5": "550"}[status[0]]
        status, code = f"{status[0]}.0.0", f"smtp; {reply}-{status} refused by the server"
    else:
        status, code = _BOUNCES.get(subtype) or _BOUNCES[kind]
    recipients = [
        {"emailAddress": to, "action": "failed", "status": status, "diagnosticCode": code}
        for to in mail.destination
    ]
    bounce = {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": recipients,
        "timestamp": stamp(mail.sent_at + timedelta(seconds=1)),
        "feedbackId": _feedback_id(),
        "reportingMTA": f"dsn; {_MTA}",
    }
    return _event(mail, "Email Bounced", "Bounce", "bounce", bounce)


def complained(mail: Mail) -> Event:
    """Return the event that the recipient has reported the mail as spam."""
    complaint = {
        "complainedRecipients": [{"emailAddress": to} for to in mail.destination],
        "timestamp": stamp(mail.sent_at + timedelta(seconds=2)),
        "feedbackId": _feedback_id(),
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
        "userAgent": "Amazon SES Mailbox Simulator",
        "arrivalDate": stamp(mail.sent_at + timedelta(seconds=1)),
    }
    return _event(mail, "Email Complaint Received", "Complaint", "complaint", complaint)


def delayed(mail: Mail, attempt: int = 1) -> Event:
    """Return the event that an attempt to reach the recipient's server has failed so far."""
    code = "smtp; 421 4.4.1 Unable to connect to remote host"
    delay = {
        "timestamp": stamp(mail.sent_at + timedelta(seconds=attempt)),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": stamp(mail.sent_at + _DELAY_LIMIT),
        "delayedRecipients": [
            {"emailAddress": to, "status": "4.4.1", "diagnosticCode": code}
            for to in mail.destination
        ],
        "reportingMTA": _MTA,
    }
    return _event(mail, "Email Delivery Delayed", "DeliveryDelay", "deliveryDelay", delay)


def rejected(mail: Mail) -> Event:
    """Return the event that SES found a virus and sent nothing."""
    return _event(mail, "Email Rejected", "Reject", "reject", {"reason": "Bad content"})


def _event(mail: Mail, detail_type: str, kind: str, part: str, content: Event) -> Event:
    detail = {"eventType": kind, "mail": _mail(mail), part: content}
    return {"source": SOURCE, "detail-type": detail_type, "detail": detail}


def _mail(mail: Mail) -> dict[str, Any]:
    address = parseaddr(mail.source)[1]
    domain = address.rpartition("@")[2]
    first = {name.lower(): value for name, value in reversed(mail.headers)}
    return {
        "timestamp": stamp(mail.sent_at),
        "source": mail.source,
        "sourceArn": f"arn:aws:ses:us-east-1:{_ACCOUNT}:identity/{domain}",
        "sendingAccountId": _ACCOUNT,
        "messageId": mail.message_id,
        "destination": list(mail.destination),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "commonHeaders": {
            "from": [first.get("from", mail.source)],
            "to": [first.get("to", ", ".join(mail.destination))],
            "messageId": mail.message_id,
            "subject": first.get("subject", ""),
        },
        "tags": {
            "ses:configuration-set": [mail.configuration_set],
            "ses:from-domain": [domain],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def _feedback_id() -> str:
    return f"{uuid.uuid4().hex[:16]}-{uuid.uuid4()}-000000"
