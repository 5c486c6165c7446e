"""Twilio's JSON shapes: the Message resource and the error body.

Sources: twilio.com/docs/messaging/api/message-resource, twilio.com/docs/usage/twilios-response
and twilio.com/docs/api/errors/<code>.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from infra.simulator.clock import moment
from infra.simulator.outcomes import Action, Target, find
from infra.simulator.scripted_reply import THROTTLED, UNAVAILABLE

API_VERSION = "2010-04-01"

#: The number that receives incoming messages and that a Messaging Service sends from.
NUMBER = "+15005550006"

_E164 = re.compile(r"\+[1-9]\d{1,14}")

#: HTTP status of an error code; 400 for any other.
STATUS = {"20003": 401, "20404": 404, "20429": 429, "20500": 500, "20503": 503}

MESSAGES = {
    "20003": "Authenticate",
    "20404": "The requested resource was not found",
    "20429": "Too Many Requests",
    "20500": "Internal Server Error",
    "20503": "Service unavailable",
    "21211": "The 'To' number is not a valid phone number.",
    "21408": "Permission to send an SMS has not been enabled for the region of the 'To' number.",
    "21602": "Message body is required.",
    "21603": "A 'From' phone number is required.",
    "21604": "A 'To' phone number is required.",
    "21610": "Attempt to send to unsubscribed recipient",
    "21612": "The 'To' number is not currently reachable from the 'From' number.",
    "21614": "'To' number is not a valid mobile number",
    "21617": "The concatenated message body exceeds the 1600 character limit.",
    "30003": "Unreachable destination handset",
    "30004": "Message blocked",
    "30005": "Unknown destination handset",
    "30006": "Landline or unreachable carrier",
    "30007": "Message filtered",
    "30008": "Unknown error",
}

#: The final status of a message that is not delivered.
_ENDS = {Action.UNDELIVERED: "undelivered", Action.SILENT: "sent", Action.SENT: "sent"}

_CODES = {UNAVAILABLE: "20503", THROTTLED: "20429"}

#: Characters in a single SMS and in each part of a longer SMS, GSM 7-bit and UCS-2.
_GSM_SIZES = (160, 153)
_UCS2_SIZES = (70, 67)


def error(reason: str) -> Response:
    """Return Twilio's answer for an error code, UNAVAILABLE or THROTTLED."""
    code = _CODES.get(reason, reason)
    status = STATUS.get(code, 400)
    body = {
        "code": int(code),
        "message": MESSAGES.get(code, f"Error {code}"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {"Retry-After": "1"} if code == _CODES[THROTTLED] else None
    return JSONResponse(body, status_code=status, headers=headers)


def is_number(text: object) -> bool:
    """Return whether the text is a phone number in E.164 format."""
    return isinstance(text, str) and _E164.fullmatch(text) is not None


def message(account_sid: str, form: Mapping[str, str], media: Sequence[str]) -> dict[str, Any]:
    """Build the Message resource of an accepted request."""
    # With a Messaging Service the sender is chosen later: from is null, num_segments "0".
    sid = f"{'MM' if media else 'SM'}{uuid.uuid4().hex}"
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{sid}"
    date = format_datetime(moment())
    sender = form.get("From")
    body = form.get("Body", "")
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "body": body,
        "date_created": date,
        "date_sent": None,
        "date_updated": date,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": sender,
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "num_media": str(len(media)),
        "num_segments": _segments(body) if sender else "0",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "queued" if sender else "accepted",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": form["To"],
        "uri": f"{uri}.json",
    }


def later(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Message in its final state, which the simulator shows immediately."""
    outcome = find(Target.TWILIO, resource["to"])
    end = {"status": _ENDS.get(outcome.action, "delivered"), "date_sent": resource["date_created"]}
    if outcome.action is Action.UNDELIVERED:
        text = MESSAGES.get(outcome.value, f"Error {outcome.value}")
        end |= {"error_code": int(outcome.value), "error_message": text}
    return {**resource, **end}


def _segments(body: str) -> str:
    alone, part = _GSM_SIZES if body.isascii() else _UCS2_SIZES
    return str(1 if len(body) <= alone else -(-len(body) // part))
