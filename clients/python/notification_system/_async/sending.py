"""Creates notifications: one request, or any number of them in batches."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Any, Unpack

from notification_system._async.calls import AsyncCalls, Progress
from notification_system.decoding import decode_summary
from notification_system.errors import api_error
from notification_system.io_async import sleep
from notification_system.requests import NewNotification, batch_item
from notification_system.results import NotificationSummary, SendResult
from notification_system.retries import Retries, may_repeat


class AsyncSending(AsyncCalls):
    """The methods that create notifications."""

    _retries: Retries

    async def send(self, **notification: Unpack[NewNotification]) -> list[NotificationSummary]:
        """Create a notification for each active address of a user, or for one address.

        The arguments are the fields of `NewNotification`. Without `idempotency_key`, the call uses
        a key of its own, so its retries create nothing twice. To be safe also when the process is
        killed and the call is made again, pass a key that is the same both times.

        Raises:
            OptedOut: the user has opted out.
            NoActiveRecords: the user has no active address in the targets.
            InvalidInput: a field is not valid.
            IdempotencyMismatch: the key was used before with other content.
        """
        body = batch_item(notification)
        headers = {"idempotency-key": body.pop("idempotency_key")}
        created = await self.request("POST", "/notifications", body, headers=headers)
        return [decode_summary(item) for item in created["items"]]

    async def add_batch(self, items: Sequence[NewNotification]) -> list[SendResult]:
        """Send one batch of up to 100 items; return one result for each, in order.

        Raises:
            InvalidInput: the batch is empty or too large.
        """
        return await self._add_batch([batch_item(item) for item in items])

    async def send_many(
        self,
        items: Iterable[NewNotification],
        *,
        progress: Progress | None = None,
    ) -> list[SendResult]:
        """Create any number of notifications in batches; return one result for each, in order.

        An item that the API refuses has the error in its result, and does not affect the others.
        To be safe when the process is killed and the call is made again, give each item an
        idempotency key that is the same both times.

        Args:
            items: the notifications to create.
            progress: called after each batch with the number of results so far.

        Raises:
            SendInterrupted: the API could not be reached, or rejects the caller. It contains the
                results so far, and the items to send again.
        """
        return await self._in_batches(map(batch_item, items), self._add_batch, progress)

    async def _add_batch(self, batch: Sequence[Mapping[str, Any]]) -> list[SendResult]:
        """Send a batch, and send again those of its items that failed temporarily."""
        responses: list[dict[str, Any]] = [{}] * len(batch)
        pending = list(range(len(batch)))
        started, attempt = monotonic(), 0
        while True:
            body = {"items": [batch[index] for index in pending]}
            answer = await self.request("POST", "/notifications/batch", body)
            for index, response in zip(pending, answer["items"], strict=True):
                responses[index] = response
            pending = [
                index
                for index in pending
                if may_repeat(responses[index]["status"], idempotent=True)
            ]
            attempt += 1
            wait = self._retries.wait(attempt, monotonic() - started, None)
            if not pending or wait is None:
                return [_send_result(response) for response in responses]
            await sleep(wait)


def _send_result(response: Mapping[str, Any]) -> SendResult:
    if problem := response.get("problem"):
        return SendResult(error=api_error(response["status"], problem))
    summaries = tuple(decode_summary(item) for item in response["notifications"])
    return SendResult(summaries, repeated=response["status"] == HTTPStatus.OK)
