"""Read notifications, contents included."""

import json
from dataclasses import replace

from notifications.domain.errors import InvalidInput, NotFound
from notifications.domain.notification import Notification
from notifications.domain.recipients import is_id
from notifications.domain.status import Status
from notifications.ports import Item, Page, Ports

#: How many notifications are read at most for one page of a listing that asks for a status.
READ_AT_MOST = 1000

#: Bytes of contents in one page: a function's answer may have 6 MB (AWS Lambda quotas).
MAX_PAGE = 3 * 1024 * 1024


def notification_of(ports: Ports, notification_id: str) -> Notification:
    """Return one notification.

    Raises:
        NotFound: there is none with this id.
    """
    found = ports.notifications.get([notification_id])[0] if is_id(notification_id) else None
    if found is None:
        raise NotFound(f"there is no notification {notification_id}")
    return with_contents(ports, [found])[0]


def notifications_of(
    ports: Ports, user: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of a user's notifications, newest first.

    The page may be shorter than `limit` although there are more, with a status or where bodies are
    large: `next` tells.
    """
    while True:
        page = _page(ports, user, status, limit, after)
        if limit == 1 or sum(map(_size, page.items)) <= MAX_PAGE:
            return page
        limit = max(limit // 4, 1)


def _size(notification: Notification) -> int:
    content = notification.content
    return len(content.body.encode()) + len(json.dumps(content.extra))


def _page(
    ports: Ports, user: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    found: list[Notification] = []
    for _ in range(0, READ_AT_MOST, limit):
        page = ports.notifications.of_user(user, limit - len(found), after)
        found += [each for each in page.items if status in (None, each.status)]
        after = page.next
        if after is None or len(found) == limit:
            break
    return Page(with_contents(ports, found), after)


def page_of(items: list[Item], limit: int, after: str | None) -> Page[Item]:
    """Return a page of what is read whole anyway; its token is a place in the list.

    Raises:
        InvalidInput: the token is not one.
    """
    if after is not None and not after.isdecimal():
        raise InvalidInput.of("next", "is not a token of this listing")
    end = int(after or 0) + limit
    return Page(items[end - limit : end], str(end) if end < len(items) else None)


def with_contents(ports: Ports, notifications: list[Notification]) -> list[Notification]:
    """Return the notifications with their large contents loaded."""
    contents = ports.contents.load([each.content for each in notifications])
    return [
        replace(each, content=content)
        for each, content in zip(notifications, contents, strict=True)
    ]
