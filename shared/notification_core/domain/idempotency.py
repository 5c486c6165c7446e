"""Detects whether a stored notification is the one that a request is about to create.

The database client repeats an insert whose response was lost, and then finds the notification that
the first attempt has stored.
"""

from operator import attrgetter

from notification_core.domain.notification import Notification

#: The attributes that are set at creation and never change.
_DECIDED = attrgetter(
    "id",
    "user",
    "target",
    "target_user_record",
    "module",
    "category",
    "reference",
    "content",
    "scheduled_delivery",
    "deliver_before",
    "origin",
    "created_at",
    "stored_at",  # two imports of one notification have the same time of creation
)


def conflicting_creation(stored: Notification | None, created: Notification) -> Notification | None:
    """Return the stored notification that conflicts with `created`; None if there is none."""
    return None if stored is None or is_same_creation(stored, created) else stored


def is_same_creation(stored: Notification, created: Notification) -> bool:
    """Return whether `stored` is `created`, possibly in a later state.

    Contents are compared as stored: a large content by its key, which is unique to one creation.
    Two requests with the same idempotency key and the same small content, in the same millisecond,
    cannot be distinguished. Both then count as created, and their notification is sent once.
    """
    return bool(_DECIDED(stored) == _DECIDED(created))
