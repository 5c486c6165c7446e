"""Read notifications, contents included."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from notifications.domain.clock import to_epoch_ms
from notifications.domain.content import Content
from notifications.domain.errors import InvalidInput, NotFound
from notifications.domain.notification import Notification
from notifications.domain.recipients import is_id, target_named
from notifications.domain.status import FAILED, Status
from notifications.ports import Failure, Item, Page, Ports
from notifications.usecases.recipients import module_named
from notifications.usecases.shards import shards_by_module

#: How many notifications are read at most for one page of a listing that asks for a status.
READ_AT_MOST = 1000


def notification_of(ports: Ports, notification_id: str) -> Notification:
    """Return one notification. Raises as `stored_notification`."""
    return with_contents(ports, [stored_notification(ports, notification_id)])[0]


def stored_notification(ports: Ports, notification_id: str) -> Notification:
    """Return one notification without its content, if that is large.

    Raises:
        NotFound: there is none with this id.
    """
    found = ports.notifications.get([notification_id])[0] if is_id(notification_id) else None
    if found is None:
        raise NotFound(f"there is no notification {notification_id}")
    return found


def notifications_of(
    ports: Ports, user: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of a user's notifications, newest first.

    With a status it may be shorter than `limit` although there are more: `next` tells.
    """
    found: list[Notification] = []
    for _ in range(0, READ_AT_MOST, limit):
        page = ports.notifications.of_user(user, limit - len(found), after)
        found += [each for each in page.items if status in (None, each.status)]
        after = page.next
        if after is None or len(found) == limit:
            break
    return Page(with_contents(ports, found), after)


def failures_of(
    ports: Ports, target: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of what failed in a target, over all users, newest first.

    It may be shorter than `limit` although there are more: `next` tells.

    Raises:
        UnknownTarget: there is no target of this name or id.
        InvalidInput: the status is none of a failure, or `after` is no token of this listing.
    """
    if status is not None and status not in FAILED:
        failed = ", ".join(sorted(FAILED))
        raise InvalidInput.of("status", f"must be one of {failed} where a target is named")
    wanted = target_named(ports.targets.all(), target)
    module = module_named(ports, wanted.notification_module_name)
    shards = shards_by_module(ports, [module.name])[module.name]

    def meant(notification: Notification) -> bool:
        return notification.target == wanted.id and status in {None, notification.status}

    return _failures(ports, shards, meant, limit, after)


def _failures(
    ports: Ports,
    shards: list[str],
    meant: Callable[[Notification], bool],
    limit: int,
    after: str | None,
) -> Page[Notification]:
    last = Failure(to_epoch_ms(ports.clock()), "") if after is None else _failure(after)
    found: list[Notification] = []
    for _ in range(0, READ_AT_MOST, limit):
        entries = _newest(ports, shards, last, limit)
        for last, notification in _read(ports, entries):
            if notification is not None and meant(notification):
                found.append(notification)
                if len(found) == limit:
                    return Page(with_contents(ports, found), f"{last.at}.{last.id}")
        if len(entries) < limit:
            return Page(with_contents(ports, found))
    return Page(with_contents(ports, found), f"{last.at}.{last.id}")


def _newest(ports: Ports, shards: list[str], before: Failure, limit: int) -> list[Failure]:
    pages = [ports.notifications.failed(each, 0, before, limit) for each in shards]
    return sorted((entry for page in pages for entry in page), reverse=True)[:limit]


def _read(ports: Ports, entries: list[Failure]) -> Iterator[tuple[Failure, Notification | None]]:
    found = ports.notifications.get([each.id for each in entries]) if entries else []
    return zip(entries, found, strict=True)


def _failure(token: str) -> Failure:
    parts = re.fullmatch(r"(\d{1,15})\.([\w-]{1,64})", token, re.ASCII)
    if parts is None:
        raise InvalidInput.of("next", "is not a token of this listing")
    return Failure(int(parts[1]), parts[2])


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
    """Return the notifications with their large contents loaded; one that is gone is `lost`.

    Raises what kept a content from being fetched.
    """
    contents = ports.contents.load([each.content for each in notifications])
    return [
        replace(each, content=_loaded(content))
        for each, content in zip(notifications, contents, strict=True)
    ]


def _loaded(content: Content | Exception) -> Content:
    if isinstance(content, Exception):
        raise content
    return content
