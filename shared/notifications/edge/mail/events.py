"""What Amazon SES tells of a mail, through EventBridge.

Source: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes" and
"Bounce types".
"""

from collections.abc import Mapping
from typing import Any

from notifications.domain.outcome import (
    Complained,
    Confirmed,
    Delayed,
    ErrorClass,
    News,
    ProviderError,
)
from notifications.edge.mail.ses import NOTIFICATION_TAG


def heard(detail: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """Return an event's notification id, message id and address; None where it is not of ours."""
    mail = detail.get("mail") or {}
    tagged = (mail.get("tags") or {}).get(NOTIFICATION_TAG) or []
    if not tagged or not mail.get("messageId"):
        return None
    address = next(iter(mail.get("destination") or ()), None)
    return str(tagged[0]), str(mail["messageId"]), address


def news_of(detail: Mapping[str, Any]) -> News | ProviderError | None:
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
    kind, detail = bounce.get("bounceType", "Undetermined"), bounce.get("bounceSubType", "")
    recipient: Mapping[str, Any] = next(iter(bounce.get("bouncedRecipients") or ()), {})
    words = str(recipient.get("diagnosticCode") or f"{kind} {detail}")
    return ProviderError(
        f"Bounce {kind} {detail}", f"Bounce {kind}", message=words, otherwise=ErrorClass.MESSAGE
    )
