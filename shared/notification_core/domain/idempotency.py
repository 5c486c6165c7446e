"""Whether a stored notification is the one that a request is about to create.

A client repeats an insert whose response was lost, and finds what the first attempt has stored.
"""

from operator import attrgetter

from notification_core.domain.notification import Notification

#: What is decided at the creation and never changes.
_DECIDED = attrgetter(
    "id",
    "user",
    "target",
    "target_user_record",
    "module",
    "category",
    "content",
    "scheduled_delivery",
    "deliver_before",
    "origin",
    "created_at",
)


def conflicting_creation(stored: Notification | None, created: Notification) -> Notification | None:
    """Return what stands in the place of `created`; None where that is `created` itself."""
    return None if stored is None or is_same_creation(stored, created) else stored


def is_same_creation(stored: Notification, created: Notification) -> bool:
    """Return whether `stored` is `created`, whatever became of it since.

    Contents are compared as stored: a large one by its key, which no two creations share. Two
    requests with one idempotency key and one small content, of the same millisecond, are told
    apart by nothing; both then count as created, and their notification goes once.
    """
    return bool(_DECIDED(stored) == _DECIDED(created))
