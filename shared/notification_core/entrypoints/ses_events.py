"""Handles the events that Amazon SES publishes about e-mails, through EventBridge and a queue.

Source: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes" and
"Bounce types". A bounce's `status` and `diagnosticCode` have the form of RFC 3464.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from notification_core.domain.delivery import (
    Complained,
    Confirmed,
    Delayed,
    DeliveryReport,
    ReportContent,
)
from notification_core.domain.failures import ErrorClass, ProviderError
from notification_core.providers.mail.enhanced_codes import keys_of_report
from notification_core.providers.mail.ses import ATTEMPT_TAG, NOTIFICATION_TAG
from notification_core.runtime.observability import log_report, logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.sending.confirm import handle_report, handle_reports

#: The module whose e-mails SES reports about.
MODULE = "email"

#: Bounce subtypes of e-mails that SES itself did not send, so there is no answer of a server.
OF_SES = frozenset({"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"})


def handle_event(record: Mapping[str, Any]) -> None:
    """Handle the event in a queue message. Events for messages we did not send are ignored.

    Raises:
        ValueError: the message does not contain an event.
        Unavailable: the report cannot be stored now (`handle_report`); the queue redelivers it.
    """
    detail = event_detail(record)
    report, address = report_from_event(detail)
    if report is None:
        logger.info("ignored mail event", extra={"kind": detail.get("eventType")})
        return
    log_report(report, handle_report(ports(), report, address), MODULE)


def handle_events(records: Sequence[Mapping[str, Any]]) -> Collection[str]:
    """Handle the delivery events of a batch together; returns the ids of their queue messages."""
    messages, reports = dict[str, str](), list[tuple[DeliveryReport, str | None]]()
    for record in records:
        with suppress(ValueError):
            report, address = report_from_event(event_detail(record))
            if report is not None:
                messages[report.notification_id] = record["messageId"]
                reports.append((report, address))
    taken = handle_reports(ports(), reports)
    for report, notification in taken:
        log_report(report, notification, MODULE)
    return {messages[report.notification_id] for report, _ in taken}


def report_from_event(detail: Mapping[str, Any]) -> tuple[DeliveryReport | None, str | None]:
    """Return the report in an event and the recipient's address; (None, None) if there is none."""
    named, content = ids_in_event(detail), report_content(detail)
    if named is None or content is None:
        return None, None
    notification_id, message_id, address = named
    report = DeliveryReport(
        notification_id=notification_id,
        provider_message_id=message_id,
        attempt=attempt_in_event(detail),
        content=content,
    )
    return report, address


def event_detail(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the detail of the event in a queue message. Raises ValueError if there is none."""
    event = json.loads(record["body"])
    detail = event.get("detail") if isinstance(event, dict) else None
    if not isinstance(detail, dict):
        raise ValueError("not an EventBridge event")  # noqa: TRY004 - as for invalid JSON
    return detail


def ids_in_event(detail: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """Return an event's notification id, message id and address; None for a foreign e-mail."""
    mail, notification_id = detail.get("mail") or {}, _tag(detail, NOTIFICATION_TAG)
    if notification_id is None or not mail.get("messageId"):
        return None
    address = next(iter(mail.get("destination") or ()), None)
    return notification_id, str(mail["messageId"]), address


def attempt_in_event(detail: Mapping[str, Any]) -> int | None:
    """Return the attempt number of an event; None for an e-mail sent before the tag existed."""
    number = _tag(detail, ATTEMPT_TAG) or ""
    return int(number) if number.isdecimal() else None


def _tag(detail: Mapping[str, Any], name: str) -> str | None:
    tags = (detail.get("mail") or {}).get("tags") or {}
    return next((str(value) for value in tags.get(name) or ()), None)


def report_content(detail: Mapping[str, Any]) -> ReportContent | ProviderError | None:
    """Return the content of an event's report; None for an event type that changes nothing."""
    match detail.get("eventType"):
        case "Delivery":
            return Confirmed()
        case "DeliveryDelay":
            kind = (detail.get("deliveryDelay") or {}).get("delayType", "unknown")
            return Delayed(f"SES is still trying: {kind}")
        case "Bounce":
            return _bounce(detail.get("bounce") or {})
        case "Complaint":
            kind = (detail.get("complaint") or {}).get("complaintFeedbackType") or "complaint"
            return Complained("Complaint", str(kind))
        case "Reject":
            reason = (detail.get("reject") or {}).get("reason", "")
            return ProviderError("Reject", message=reason, otherwise=ErrorClass.MESSAGE)
        case "Rendering Failure":
            return ProviderError("RenderingFailure", otherwise=ErrorClass.MESSAGE)
        case _:
            return None


def _bounce(bounce: Mapping[str, Any]) -> ProviderError:
    """Classify a bounce by the code of the recipient's server, or by its type without a code.

    SES reports authentication failures as permanent bounces, as if the address were invalid, and
    some permanent rejections as transient bounces.
    """
    kind, detail = bounce.get("bounceType", "Undetermined"), bounce.get("bounceSubType", "")
    recipient: Mapping[str, Any] = next(iter(bounce.get("bouncedRecipients") or ()), {})
    words = str(recipient.get("diagnosticCode") or "")
    codes = [] if detail in OF_SES else keys_of_report(str(recipient.get("status") or ""), words)
    return ProviderError(
        *codes,
        f"Bounce {kind} {detail}",
        f"Bounce {kind}",
        message=words or f"{kind} {detail}",
        otherwise=ErrorClass.MESSAGE,
    )
