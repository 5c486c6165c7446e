"""Errors of the notification system in words: one line for a log, and what to do."""

from notification_system.django.conf import app_settings
from notification_system.errors import (
    ConfigurationError,
    ConnectionFailed,
    Forbidden,
    IdempotencyMismatch,
    InvalidInput,
    NotificationSystemError,
    ServerError,
    TooManyRequests,
    UnknownTarget,
)


def sentence(error: NotificationSystemError) -> str:
    """Return the message of an error in one line that ends with a full stop."""
    return " ".join(str(error).split()).rstrip(".") + "."


def explained(error: NotificationSystemError) -> str:
    """Return the message of an error and its remedy in one line."""
    return f"{sentence(error)} {remedy(error)}".rstrip()


def remedy(error: NotificationSystemError) -> str:
    """Return what to do about an error, in a sentence; empty if the message already says it."""
    if isinstance(error, (ConfigurationError, ConnectionFailed)):
        return _remedy_of_connection(error)
    for kind, text in _REMEDIES:
        if isinstance(error, kind):
            return text
    return ""


def _remedy_of_connection(error: NotificationSystemError) -> str:
    configured = app_settings()
    if configured.local:
        return "Is the stack up (make up)? LOCAL may be the path of its stack.json."
    place = "API_URL" if configured.api_url else "STACK"
    if isinstance(error, ConnectionFailed):
        return f"Check {place} and the network."
    return f"Check {place}, REGION and the credentials of this process."


_REMEDIES = (
    (Forbidden, "Check the credentials of this process and its policy, CallerPolicyArn."),
    (UnknownTarget, "Correct the name of the target, or deploy the target."),
    (IdempotencyMismatch, "Use another key for another event, and the same content for this one."),
    (InvalidInput, "Correct these fields."),
    (TooManyRequests, "Try again later."),
    (ServerError, "Try again later."),
)
