"""SES's error answers.

Sources: docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and CommonErrors.html;
docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html and
troubleshoot-error-messages.html (the texts).
"""

import uuid

from starlette.responses import JSONResponse, Response

from infra.simulator.scripted_reply import THROTTLED, UNAVAILABLE

_NOT_VERIFIED = (
    "Email address is not verified. The following identities failed the check in region US-EAST-1: "
    "notifications@example.com"
)

#: Names for errors, some of which SES distinguishes only by their text; code and text of each.
_WORDS = {
    UNAVAILABLE: ("ServiceUnavailable", "The request has failed due to a temporary failure."),
    THROTTLED: ("TooManyRequestsException", "Too many requests have been made."),
    "DailyQuota": ("ThrottlingException", "Daily message quota exceeded."),
    "NotVerified": (
        "MessageRejected",
        _NOT_VERIFIED,
    ),
}

_TEXTS = {"ThrottlingException": "Maximum sending rate exceeded."}

#: HTTP status of an error; 400 for any other.
_STATUS = {
    "TooManyRequestsException": 429,
    "NotFoundException": 404,
    "AccessDeniedException": 403,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
}


def error(reason: str, text: str = "") -> Response:
    """Return SES's answer for an error code, a name in _WORDS, UNAVAILABLE or THROTTLED."""
    code, message = _WORDS.get(reason, (reason, _TEXTS.get(reason, "Scripted by the recipient.")))
    headers = {"x-amzn-ErrorType": code, "x-amzn-RequestId": str(uuid.uuid4())}
    if reason == THROTTLED:
        headers["Retry-After"] = "1"
    return JSONResponse(
        {"message": text or message}, status_code=_STATUS.get(code, 400), headers=headers
    )
