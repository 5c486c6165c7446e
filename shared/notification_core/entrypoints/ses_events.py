"""What Amazon SES tells of a mail, through EventBridge and a queue.

Source: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes" and
"Bounce types". A bounce's `status` and `diagnosticCode` are those of a delivery report (RFC 3464).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from notification_core.domain.delivery_reports import DeliveryReport
from notification_core.domain.outcomes import (
    Complained,
    Confirmed,
    Delayed,
    ErrorClass,
    ProviderError,
    ReportContent,
)
from notification_core.providers.mail.enhanced_codes import keys_of_report
from notification_core.providers.mail.ses import ATTEMPT_TAG, NOTIFICATION_TAG
from notification_core.runtime.observability import log_report, logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.sending.confirm import handle_report, handle_reports

#: Subtypes of what SES itself did not send: no server has said anything.
OF_SES = frozenset({"Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"})


def take(record: Mapping[str, Any]) -> None:
    """Take in the event that a message holds; one that is of nothing of ours is let be.

    Raises:
        ValueError: the message holds no event.
        Unavailable: it cannot be told now (`confirm.report`); the queue hands it over again.
    """
    detail = event_detail(record)
    report, address = report_from_event(detail)
    if report is None:
        logger.info("mail event of nothing of ours", extra={"kind": detail.get("eventType")})
        return
    log_report(report, handle_report(ports(), report, address))


def take_together(records: Sequence[Mapping[str, Any]]) -> Collection[str]:
    """Take in at once the deliveries among some events; returns the ids of their messages."""
    messages, reports = dict[str, str](), list[tuple[DeliveryReport, str | None]]()
    for record in records:
        with suppress(ValueError):
            report, address = report_from_event(event_detail(record))
            if report is not None:
                messages[report.notification_id] = record["messageId"]
                reports.append((report, address))
    taken = handle_reports(ports(), reports)
    for report, notification in taken:
        log_report(report, notification)
    return {messages[report.notification_id] for report, _ in taken}


def report_from_event(detail: Mapping[str, Any]) -> tuple[DeliveryReport | None, str | None]:
    """Return what an event says of a notification, and of which address; (None, None): nothing."""
    named, news = heard(detail), report_content(detail)
    if named is None or news is None:
        return None, None
    notification_id, message_id, address = named
    report = DeliveryReport(
        notification_id=notification_id,
        provider_message_id=message_id,
        attempt=attempt_in_event(detail),
        news=news,
    )
    return report, address


def event_detail(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the event in a message is about; raises ValueError where there is none."""
    event = json.loads(record["body"])
    detail = event.get("detail") if isinstance(event, dict) else None
    if not isinstance(detail, dict):
        raise ValueError("no event of EventBridge")  # noqa: TRY004 - as of what is no JSON
    return detail


def heard(detail: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """Return an event's notification id, message id and address; None where it is not of ours."""
    mail, notification_id = detail.get("mail") or {}, _tag(detail, NOTIFICATION_TAG)
    if notification_id is None or not mail.get("messageId"):
        return None
    address = next(iter(mail.get("destination") or ()), None)
    return notification_id, str(mail["messageId"]), address


def attempt_in_event(detail: Mapping[str, Any]) -> int | None:
    """Return which attempt an event is of; None for a mail of before the tag was introduced."""
    number = _tag(detail, ATTEMPT_TAG) or ""
    return int(number) if number.isdecimal() else None


def _tag(detail: Mapping[str, Any], name: str) -> str | None:
    tags = (detail.get("mail") or {}).get("tags") or {}
    return next((str(value) for value in tags.get(name) or ()), None)


def report_content(detail: Mapping[str, Any]) -> ReportContent | ProviderError | None:
    """Return what an event says; None for a kind that changes nothing."""
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
    """Name a bounce by the code of the recipient's server, and by its type where there is none.

    SES reports what fails authentication as a permanent bounce, as if the address were at fault,
    and some refusals for good as transient ones.
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
