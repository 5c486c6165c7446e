"""Find what a text names, whatever it is: an id, a user, an address, a provider's id, a reference.

Support knows only what a caller or a letter says, so every kind of search is made at once.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from notification_core.domain.addresses import MAX_ADDRESS, MAX_USER, is_id, spellings
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import MAX_MESSAGE_ID
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import MAX_REFERENCE, SearchIndex
from notification_core.ports import HasOptOuts
from notification_core.usecases.queries.search import (
    ADDRESS,
    SearchPorts,
    search_stored,
    to_records,
)

ID, USER = "id", "user"


class FindingPorts(SearchPorts, HasOptOuts, Protocol):
    """The ports that this use case needs."""


@dataclass(frozen=True, slots=True)
class Match:
    """A notification, and by what it was found: one or several of the searches."""

    notification: Notification
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundUser:
    """A user about whom something is stored, and by what they were found."""

    user: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a text finds."""

    matches: list[Match]  #: newest first
    users: list[FoundUser]
    has_more: bool  #: whether a search has further notifications
    problems: list[str] = field(default_factory=list)  #: why a search was not made


@dataclass
class _Result:
    """The result of one kind of search."""

    kind: str
    notifications: list[Notification] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    has_more: bool = False
    problem: str = ""


def find(ports: FindingPorts, text: str, limit: int) -> Findings:
    """Return the newest notifications, without texts, and the users that a text names.

    Each kind of search returns at most `limit` notifications. A kind that the text cannot be, or
    for which the deployment has no index, is left out.
    """
    text = text.strip()
    searches = list(_searches(ports, text, limit)) if text else []
    with ThreadPoolExecutor(max(len(searches), 1)) as workers:
        results = list(workers.map(lambda run: run(), searches))
    return Findings(
        _matches(results)[:limit],
        _users(results),
        any(result.has_more for result in results),
        [result.problem for result in results if result.problem],
    )


def _searches(ports: FindingPorts, text: str, limit: int) -> Iterator[Callable[[], _Result]]:
    if is_id(text):
        yield lambda: _by_id(ports, text)
    if len(text) <= MAX_USER:
        yield lambda: _by_user(ports, text, limit)
    if len(text) <= MAX_ADDRESS:
        yield lambda: _by_address(ports, text, limit)
    if len(text) <= MAX_MESSAGE_ID and SearchIndex.PROVIDER_ID in ports.search_indexes:
        yield lambda: _by_term(ports, SearchIndex.PROVIDER_ID.value, text, limit)
    if len(text) <= MAX_REFERENCE and SearchIndex.REFERENCE in ports.search_indexes:
        yield lambda: _by_term(ports, SearchIndex.REFERENCE.value, text, limit)


def _by_id(ports: FindingPorts, text: str) -> _Result:
    stored = ports.notifications.get([text])[0]
    return _Result(ID, [stored] if stored else [])


def _by_user(ports: FindingPorts, text: str, limit: int) -> _Result:
    page = ports.notifications.list_by_user(text, limit)
    known = page.items or ports.records.list_by_user(text) or ports.opt_outs.get([text])
    return _Result(USER, page.items, [text] if known else [], page.next is not None)


def _by_address(ports: FindingPorts, text: str, limit: int) -> _Result:
    records = ports.records.find_by_addresses(spellings(text))
    result = _Result(ADDRESS, users=sorted({record.user for record in records})[:limit])
    try:
        page = to_records(ports, records, limit)
    except InvalidInput as error:  # too many users have the address
        result.problem = error.detail
        return result
    result.notifications, result.has_more = page.items, page.next is not None
    return result


def _by_term(ports: FindingPorts, term: str, text: str, limit: int) -> _Result:
    page = search_stored(ports, {term: text}, limit, None)
    return _Result(term, page.items, [], page.next is not None)


def _matches(results: Iterable[_Result]) -> list[Match]:
    stored: dict[str, Notification] = {}
    kinds: dict[str, list[str]] = {}
    for result in results:
        for notification in result.notifications:
            stored[notification.id] = notification
            kinds.setdefault(notification.id, []).append(result.kind)
    newest = sorted(stored.values(), key=lambda each: (each.created_at, each.id), reverse=True)
    return [Match(notification, tuple(kinds[notification.id])) for notification in newest]


def _users(results: Iterable[_Result]) -> list[FoundUser]:
    kinds: dict[str, list[str]] = {}
    for result in results:
        for user in result.users:
            kinds.setdefault(user, []).append(result.kind)
    return [FoundUser(user, tuple(by)) for user, by in kinds.items()]
