"""Generated from `_async` by `make client`; edit that instead."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic
from typing import Unpack

from notification_system._sync.calls import Calls, listing
from notification_system.decoding import decode
from notification_system.enums import Status
from notification_system.io_sync import sleep
from notification_system.requests import NotificationChanges, path_of, present
from notification_system.results import Cancellation, Change, Explanation, Job, Notification, Page


class Notifications(Calls):
    """The methods for notifications that exist."""

    def list_notifications(
        self,
        *,
        user: str | None = None,
        target: str | None = None,
        status: Status | str | None = None,
        limit: int = 50,
        next: str | None = None,
    ) -> Page[Notification]:
        """Return a page of a user's notifications, or of a target's failures, newest first."""
        path = listing(
            "/notifications", user=user, target=target, status=status, limit=limit, after=next
        )
        return self._page(Notification, path)

    def notifications(
        self,
        *,
        user: str | None = None,
        target: str | None = None,
        status: Status | str | None = None,
    ) -> Iterator[Notification]:
        """Iterate over every notification of a user, or every failure of a target."""
        return self._pages(
            lambda after: self.list_notifications(
                user=user, target=target, status=status, next=after
            )
        )

    def search_notifications(
        self,
        *,
        address: str | None = None,
        provider_id: str | None = None,
        reference: str | None = None,
        limit: int = 50,
        next: str | None = None,
    ) -> Page[Notification]:
        """Return a page of the notifications that match one of the three, newest first.

        Args:
            address: an address as it is registered, such as a phone number.
            provider_id: the provider's id of a message.
            reference: the caller's own label.
            limit: the most notifications in the page.
            next: the token of the page.

        Raises:
            InvalidInput: not exactly one of the three is given, or the deployment has no index for
                it.
        """
        path = listing(
            "/search",
            address=address,
            provider_id=provider_id,
            reference=reference,
            limit=limit,
            after=next,
        )
        return self._page(Notification, path)

    def search(
        self,
        *,
        address: str | None = None,
        provider_id: str | None = None,
        reference: str | None = None,
    ) -> Iterator[Notification]:
        """Iterate over the notifications that match one of the three, newest first."""
        return self._pages(
            lambda after: self.search_notifications(
                address=address, provider_id=provider_id, reference=reference, next=after
            )
        )

    def get_notification(self, notification_id: str) -> Notification:
        """Return a notification with its timeline. Raises NotFound."""
        path = path_of("/notifications/{}", notification_id)
        return decode(Notification, self.request("GET", path))

    def wait(
        self,
        notification_id: str,
        *,
        timeout: float = 60.0,
        interval: float = 0.5,
    ) -> Notification:
        """Wait until a notification has ended, and return it.

        A notification that is SENT waits for its provider's delivery report.

        Args:
            notification_id: its id.
            timeout: seconds.
            interval: seconds between two requests.

        Raises:
            TimeoutError: it has not ended in time.
        """
        deadline = monotonic() + timeout
        while True:
            notification = self.get_notification(notification_id)
            if notification.status.is_final:
                return notification
            if monotonic() + interval > deadline:
                raise TimeoutError(f"{notification_id} is {notification.status}")
            sleep(interval)

    def change_notification(
        self, notification_id: str, **changes: Unpack[NotificationChanges]
    ) -> Change:
        """Change a notification, unless it was sent. A field that is not given keeps its value.

        `deliver_before=None` and `category=None` remove the value.

        Raises:
            NotFound: no notification has this id.
            InvalidInput: a value is not valid for this notification.
            OptedOut: the user has opted out of the notification as it is or as it would be.
            BeingErased: the user is being erased.
        """
        path = path_of("/notifications/{}", notification_id)
        return decode(Change, self.request("PATCH", path, changes))

    def cancel_notification(self, notification_id: str) -> Cancellation:
        """Cancel a notification, unless it was sent. Raises NotFound."""
        path = path_of("/notifications/{}/cancel", notification_id)
        return decode(Cancellation, self.request("POST", path))

    def explain_notification(self, notification_id: str) -> Explanation:
        """Explain the decisions about a notification. Raises NotFound."""
        path = path_of("/notifications/{}/explanation", notification_id)
        return decode(Explanation, self.request("GET", path))

    def redrive_notifications(  # noqa: PLR0913 - the API's fields
        self,
        *,
        ids: Sequence[str] | None = None,
        target: str | None = None,
        error_code: str | None = None,
        statuses: Sequence[Status | str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        include_uncertain: bool | None = None,
        max_per_second: float | None = None,
        max_retries: int | None = None,
        dry_run: bool | None = None,
    ) -> Job:
        """Retry failed notifications in the background, or only count them.

        Select them by ids or by a filter. The request is repeated only if it was certainly not
        processed, because each repetition starts a job.
        """
        selection = present(
            {
                "ids": ids,
                "target": target,
                "error_code": error_code,
                "statuses": statuses,
                "since": since,
                "until": until,
                "include_uncertain": include_uncertain,
                "max_per_second": max_per_second,
                "max_retries": max_retries,
                "dry_run": dry_run,
            }
        )
        job = self.request("POST", "/notifications/redrive", selection, idempotent=False)
        return decode(Job, job)
