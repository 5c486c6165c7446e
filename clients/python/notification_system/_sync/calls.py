"""Generated from `_async` by `make client`; edit that instead."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from notification_system._sync.transport import Transport
from notification_system.attempts import Reply
from notification_system.decoding import decode
from notification_system.errors import NotificationSystemError, SendInterrupted
from notification_system.io_sync import Awaitable
from notification_system.requests import Request, batches, path_of, to_bytes
from notification_system.results import Page

Item = TypeVar("Item")

#: Called after each batch with the number of items that have a result so far.
Progress = Callable[[int], None]


class Calls:
    """A client's connection; the classes with the methods of each subject inherit it."""

    _transport: Transport

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = True,
    ) -> Any:
        """Send a request that no other method covers, and return the JSON body of its response.

        Args:
            method: the HTTP method.
            path: the path below the stage, with its query string, percent-encoded.
            body: a JSON value.
            headers: further headers.
            idempotent: whether the request may be repeated although it may have been processed.

        Raises:
            ApiError: the API refused it; a subclass for each problem type.
            ConnectionFailed: there was no response.
        """
        reply = self.exchange(method, path, body, headers=headers, idempotent=idempotent)
        return reply.body

    def exchange(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = True,
    ) -> Reply:
        """Send a request as `request` does, and return the response's status with its body."""
        content = b"" if body is None else to_bytes(body)
        return self._transport.send(Request(method, path, content, headers or {}, idempotent))

    def _page(self, item_class: type[Item], path: str) -> Page[Item]:
        page = self.request("GET", path)
        return Page(tuple(decode(item_class, item) for item in page["items"]), page["next"])

    def _pages(self, list_page: Callable[[str | None], Awaitable[Page[Item]]]) -> Iterator[Item]:
        after: str | None = None
        while True:
            page = list_page(after)
            yield from page.items
            after = page.next
            if after is None:
                return

    def _in_batches(
        self,
        items: Iterable[dict[str, Any]],
        send_batch: Callable[[list[dict[str, Any]]], Awaitable[list[Item]]],
        progress: Progress | None = None,
    ) -> list[Item]:
        """Send items in batches; return one result for each, in order. Raises SendInterrupted."""
        results: list[Item] = []
        remaining = batches(items)
        for batch in remaining:
            try:
                results += send_batch(batch)
            except NotificationSystemError as error:
                unsent = [*batch, *(item for later in remaining for item in later)]
                raise SendInterrupted(results, unsent) from error
            if progress is not None:
                progress(len(results))
        return results


def listing(path: str, *, limit: int, after: str | None, **query: Any) -> str:
    """Return the path of a page of a listing."""
    return path_of(path, **query, limit=limit, next=after)
