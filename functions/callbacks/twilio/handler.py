"""What Twilio calls: the status of a message, and the replies to it. Signed, or refused."""

import time
from http import HTTPStatus
from typing import Any

from notifications.domain.news import Report
from notifications.edge import twilio
from notifications.edge.credentials import credentials, forget_credentials
from notifications.edge.observability import logger, told
from notifications.edge.public import Answer, Form, Request, answer, answered, refusal
from notifications.edge.wiring import ports
from notifications.usecases.confirm import report
from notifications.usecases.reply import reply

MODULE = "twilio"

#: Seconds between two looks at whether somebody has changed the token that signatures are made
#: with: whoever sends forged ones must not make us ask for each.
LOOK_AGAIN = 1.0

_looked_at = float("-inf")


def lambda_handler(event: dict[str, Any], context: Any) -> Answer:
    """Answer an API Gateway REST proxy event."""
    return answered(event, context, respond)


def respond(request: Request) -> Answer:
    """Take in what is signed by Twilio, refuse the rest."""
    form = request.form()
    if not is_signed(request, form):
        return refusal(HTTPStatus.FORBIDDEN, "The signature is not Twilio's for this very URL.")
    return messages(form) if request.resource.endswith("/messages") else status(request, form)


def is_signed(request: Request, form: Form) -> bool:
    """Whether the request bears Twilio's signature, made with the token as it is now."""
    global _looked_at  # noqa: PLW0603 - one for the process
    signature = request.header("X-Twilio-Signature")
    if not signature:
        return False
    if _validates(request, form, signature):
        return True
    if time.monotonic() - _looked_at < LOOK_AGAIN:
        return False
    _looked_at = time.monotonic()
    forget_credentials()
    return _validates(request, form, signature)


def _validates(request: Request, form: Form, signature: str) -> bool:
    token = credentials("auth_token")["auth_token"]
    return any(twilio.is_signed(url, form, signature, token) for url in request.urls())


def status(request: Request, form: Form) -> Answer:
    """Take in a message's status. What is not ours is answered too, or it would come again."""
    sid, attempt = form.one("MessageSid"), request.parameter("attempt")
    news = twilio.news_of(form.one("MessageStatus"), form.one("ErrorCode"), sid)
    if news is not None and sid:
        heard = Report(
            notification_id=request.parameter("notification"),
            provider_message_id=sid,
            attempt=int(attempt) if attempt.isdecimal() else None,
            news=news,
        )
        known = report(ports(), heard, form.one("To") or None)
        told(heard, known)
    return answer(HTTPStatus.NO_CONTENT)


def messages(form: Form) -> Answer:
    """Take in a reply. Twilio answers STOP and START itself, so there is nothing to say."""
    no = twilio.no_or_yes(form.one("Body"), form.one("OptOutType"))
    if no is not None:
        users = reply(ports(), MODULE, form.one("From"), active=no, evidence=form.one("MessageSid"))
        logger.info("reply", extra={"opt_out": no, "users": users})
    return answer(HTTPStatus.OK, "<Response/>", "text/xml")
