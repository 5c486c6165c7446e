"""What Amazon SES tells of e-mails: bounces, complaints, deliveries, delays, rejections."""

from typing import Any

from notifications.domain.news import Report
from notifications.edge.mail.events import heard, news_of
from notifications.edge.observability import begin, logger, told
from notifications.edge.wiring import ports
from notifications.usecases.confirm import report


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take in one event of EventBridge; returns `{"known": whether it is of ours}`."""
    begin(context)
    detail = event.get("detail") or {}
    named, news = heard(detail), news_of(detail)
    known = None
    if named is not None and news is not None:
        notification_id, message_id, address = named
        said = Report(notification_id=notification_id, provider_message_id=message_id, news=news)
        known = report(ports(), said, address)
        told(said, known)
    else:
        logger.info("mail event of nothing of ours", extra={"kind": detail.get("eventType")})
    return {"known": known is not None}
