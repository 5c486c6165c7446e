"""What a list of failures needs of a failed notification."""

from dataclasses import dataclass

from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedNotification:
    """A failed notification without its texts, its timeline and its times."""

    id: str
    user: str
    target: str  #: the target's id
    module: str
    status: Status
    code: str  #: of the last error; empty where no error gave a code
    message: str  #: the provider's text

    @classmethod
    def of(cls, notification: Notification) -> "FailedNotification | None":
        """Return what is needed of a notification; None if it has not failed."""
        error, last = notification.last_error, notification.timeline[-1]
        if notification.status not in FAILED:
            return None
        return cls(
            id=notification.id,
            user=notification.user,
            target=notification.target,
            module=notification.module,
            status=notification.status,
            code=failure_code(notification),
            message=error.message if error else last.detail,
        )


def failure_code(notification: Notification) -> str:
    """Return the code of the last error; empty where no error gave a code.

    The last event of the timeline may have none: a report of a later message follows the error.
    """
    error = notification.last_error
    return error.code if error else notification.timeline[-1].code
