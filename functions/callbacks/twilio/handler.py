"""Twilio webhooks: message statuses and replies. Unsigned requests are rejected."""

from http import HTTPStatus
from typing import Any

from notification_core.domain.delivery import DeliveryReport
from notification_core.domain.failures import Misconfigured
from notification_core.entrypoints.counting import store_counts
from notification_core.entrypoints.public_http import (
    Answer,
    Form,
    Request,
    error_response,
    respond_to,
    response,
)
from notification_core.providers import twilio
from notification_core.runtime.credentials import INCOMPLETE, credentials, forget_credentials
from notification_core.runtime.observability import log_report, logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.consent.replies import reply
from notification_core.usecases.sending.confirm import handle_report

MODULE = "twilio"


def lambda_handler(event: dict[str, Any], context: Any) -> Answer:
    """Handle an API Gateway REST proxy event."""
    answer = respond_to(event, context, respond)
    store_counts(ports, context)
    return answer


def respond(request: Request) -> Answer:
    """Handle requests that Twilio has signed, and reject the others."""
    form = request.form()
    try:
        signed = is_signed(request, form)
    except Misconfigured as error:
        if error.code != INCOMPLETE:
            raise
        # The endpoint is public, so a 5xx response would let anyone trigger the API's alarm.
        return error_response(
            HTTPStatus.NOT_FOUND, "Twilio is not set up here: its secret is empty."
        )
    if not signed:
        return error_response(
            HTTPStatus.FORBIDDEN, "The signature is not Twilio's for this very URL."
        )
    return messages(form) if request.resource.endswith("/messages") else status(request, form)


def is_signed(request: Request, form: Form) -> bool:
    """Whether the request has Twilio's signature, made with the current token.

    Raises:
        Misconfigured: the token is missing, or cannot be read.
    """
    signature = request.header("X-Twilio-Signature")
    if not signature:
        return False
    if _validates(request, form, signature):
        return True
    # The token may have been replaced. Forged requests do not cause a fetch each.
    forget_credentials()
    return _validates(request, form, signature)


def _validates(request: Request, form: Form, signature: str) -> bool:
    token = credentials("auth_token")["auth_token"]
    return any(twilio.is_signed(url, form, signature, token) for url in request.urls())


def status(request: Request, form: Form) -> Answer:
    """Handle a message's status. Unknown messages get a 204 as well, or Twilio would retry."""
    sid, attempt = form.first("MessageSid"), request.parameter("attempt")
    content = twilio.report_content(form.first("MessageStatus"), form.first("ErrorCode"), sid)
    if content is not None and sid:
        report = DeliveryReport(
            notification_id=request.parameter("notification"),
            provider_message_id=sid,
            attempt=int(attempt) if attempt.isdecimal() else None,
            content=content,
        )
        notification = handle_report(ports(), report, form.first("To") or None)
        log_report(report, notification, MODULE)
    return response(HTTPStatus.NO_CONTENT)


def messages(form: Form) -> Answer:
    """Handle a reply. The response is empty, because Twilio itself answers STOP and START."""
    keyword = twilio.parse_keyword(form.first("Body"), form.first("OptOutType"))
    if keyword is not None:
        opts_out, evidence = keyword is twilio.Keyword.STOP, form.first("MessageSid")
        users = reply(ports(), MODULE, form.first("From"), active=opts_out, evidence=evidence)
        logger.info("reply", extra={"opt_out": opts_out, "users": users})
    return response(HTTPStatus.OK, "<Response/>", "text/xml")
