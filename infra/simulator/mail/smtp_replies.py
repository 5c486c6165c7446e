"""The replies of a mail server, each with its enhanced status code.

Sources: RFC 5321 section 4.2 and RFC 3463 (the codes), RFC 4954 section 6 (login), and
docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html (SES's replies to the end of DATA).
"""

OK = "250 OK"
BUSY = "451 4.3.0 Try again later"
_THROTTLING = "4.7.0 Throttling failure: Maximum sending rate exceeded"
THROTTLED = f"454 {_THROTTLING}"

_UNVERIFIED = "554 Message rejected: Email address is not verified"

_TO_RECIPIENT = {
    "421": "4.3.2 Service not available, closing the connection",
    "450": "4.2.1 Mailbox disabled for now, try again later",
    "451": "4.3.0 Local error, try again later",
    "452": "4.2.2 Mailbox full, try again later",
    "550": "5.1.1 No such user here",
    "551": "5.1.6 User has moved and left no address",
    "552": "5.2.2 Mailbox full",
    "553": "5.1.3 Mailbox name not allowed",
}

_TO_SENDER = {
    "421": "4.3.2 Service not available, closing the connection",
    "451": "4.3.0 Local error, try again later",
    "452": "4.3.1 Insufficient system storage, try again later",
    "501": "5.1.7 Bad sender address syntax",
    "530": "5.7.0 Authentication required",
    "550": "5.7.1 Not allowed to send as this address",
    "553": "5.1.8 Sender address rejected: domain not found",
}

_TO_DATA = {
    "451": "4.3.0 Local error, try again later",
    "454": _THROTTLING,
    "552": "5.3.4 Message too long",
    "554": "5.7.1 Message rejected",
}

#: Rejections of a login, by username.
LOGIN = {
    "code-454": "454 4.7.0 Temporary authentication failure",
    "code-535": "535 5.7.8 Authentication credentials invalid",
}


def to_recipient(code: str) -> str:
    """Return the reply that rejects one recipient."""
    return _with_text(code, _TO_RECIPIENT)


def to_sender(code: str) -> str:
    """Return the reply that rejects the sender."""
    return _with_text(code, _TO_SENDER)


def to_data(code: str, recipient: str) -> str:
    """Return the reply that rejects the mail; ``data-554-unverified`` rejects the sender."""
    if recipient.startswith("data-554-unverified"):
        return _UNVERIFIED
    return _with_text(code, _TO_DATA)


def _with_text(code: str, texts: dict[str, str]) -> str:
    return f"{code} {texts.get(code) or f'{code[0]}.0.0 Scripted by the address'}"
