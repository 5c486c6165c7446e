"""The stores of notifications and of their contents."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from notification_core.domain.claim import Claim
from notification_core.domain.content import Content
from notification_core.domain.due import DUE_PAGE, WakeUp
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, IndexEntry, Page
from notification_core.domain.polls import Poll
from notification_core.domain.transitions import ClaimRejected, Transition


class NotificationStore(Protocol):
    """Notifications. Contents are stored and returned as given: see `ContentStore`."""

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        """Create notifications. For each, return None, or the stored one with the same id.

        A notification that an earlier attempt of the same call has created counts as created: None.
        """
        ...

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        """Read the current state of each (strongly consistent)."""
        ...

    def failures(self, ids: Sequence[str]) -> list[FailedNotification | None]:
        """Read what a list of failures needs of each (eventually consistent).

        None for one that does not exist, or that has not failed or was retried since.
        """
        ...

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        """List a user's notifications, newest first, with a token for each of them."""
        ...

    def list_by_reference(
        self, reference: str, limit: int, after: str | None = None
    ) -> Page[Notification]:
        """List the notifications with this reference, newest first, with a token for each.

        The index must exist: see `Ports.search_indexes`.
        """
        ...

    def list_by_provider_id(
        self, message_id: str, limit: int, after: str | None = None
    ) -> Page[Notification]:
        """List the notifications whose `provider_message_id` this is, as `list_by_reference`."""
        ...

    def created(self, user: str, before: IndexEntry, limit: int) -> list[IndexEntry]:
        """List a user's notifications by the time of their creation, newest first.

        The list begins after `before` in the order of time and id. It has at least `limit` entries
        if there are as many, and all entries of a millisecond or none.
        """
        ...

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        """Claim each notification of this module that is waiting with this due time.

        The ids must be distinct. A notification that an earlier attempt of the same call has
        claimed counts as claimed. If the store could not decide, an exception is returned in its
        place; the claim may be retried.
        """
        ...

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        """Store each `after` whose `before` is still current: same status, due time and claim.

        A transition that an earlier attempt of the same call has stored counts as stored. If the
        store could not decide, an exception is returned in its place; the transition may be
        retried. The exception is RecordChanged if only the record has changed.
        """
        ...

    def add_poll(self, poll: Poll) -> None:
        """Store a poll, with its entry in the due index."""
        ...

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        """Reschedule a poll, or remove it; return false if its due time has changed since.

        Also return false if the same call has already been carried out.
        """
        ...

    def oldest_due(self, shard: str) -> WakeUp | None:
        """Return the entry with the earliest due time in a shard, if it has entries."""
        ...

    def remove(self, notifications: Sequence[Notification]) -> list[bool | Exception]:
        """Remove each that has not changed since it was read, as `advance`.

        Return true also for a notification that was already removed.
        """
        ...

    def due(
        self, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
    ) -> Iterator[list[WakeUp]]:
        """Page through a shard of the due index in order, up to and including `until`.

        A page has up to `size` entries.

        If `after` has an id, the pages begin after that entry; if its id is empty, they begin at
        its time.
        """
        ...

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        """List a shard's failed notifications, newest first, from `since` on (epoch ms).

        If `before` has an id, the list ends before that entry; if its id is empty, it ends with the
        entries of that time. An empty list is the end.
        """
        ...


class ContentStore(Protocol):
    """Stores contents that are too large for the notification's own item."""

    def put(self, notifications: Sequence[Notification]) -> list[Content]:
        """Store large contents; return each content with its `key`, a small content unchanged."""
        ...

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        """Load stored contents; a content that no longer exists is returned as `lost`.

        If a content could not be loaded, an exception is returned in its place; it may be retried.
        """
        ...

    def delete_batch(self, user: str) -> int:
        """Remove some stored contents of a user; return their number, 0 when none is left."""
        ...
