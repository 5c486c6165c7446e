"""Find notifications by an address, the provider's id, or the caller's reference."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from notification_core.domain.addresses import TargetUserRecord, spellings
from notification_core.domain.batches import batches
from notification_core.domain.clock import LAST_MOMENT
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.domain.paging import IndexEntry, Page
from notification_core.ports import HasNotifications, HasRecords, HasSearchIndexes
from notification_core.usecases.queries.listing import READ_SIZE, loaded_page
from notification_core.usecases.queries.pages import matching_page, newest_entries, read_token
from notification_core.usecases.queries.texts import TextPorts

ADDRESS = "address"
#: What a search may be by: one of these names.
TERMS = (ADDRESS, SearchIndex.PROVIDER_ID.value, SearchIndex.REFERENCE.value)

#: The template's parameter for each index.
PARAMETERS = {
    SearchIndex.PROVIDER_ID: "ProviderIdIndex",
    SearchIndex.REFERENCE: "ReferenceIndex",
}

#: Users whose notifications one search by address merges.
MAX_USERS = 100
#: How often a search by address reads notifications for one page. Before, it reads the address and
#: its records, and lists all users at once.
READS = 5


class SearchPorts(TextPorts, HasNotifications, HasRecords, HasSearchIndexes, Protocol):
    """The ports that this use case needs."""


def search(
    ports: SearchPorts, terms: Mapping[str, str | None], limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of the notifications that one search term selects, newest first.

    `terms` has the names of `TERMS`, and exactly one value that is not None. The page may have
    fewer than `limit` notifications, or none, although there are more. Only `next` shows whether
    there are more.

    Raises:
        InvalidInput: there is no term or several; the deployment has no index for it; too many
            users have the address; or `after` is not a token of this search.
    """
    return loaded_page(ports, search_stored(ports, terms, limit, after))


def search_stored(
    ports: SearchPorts, terms: Mapping[str, str | None], limit: int, after: str | None
) -> Page[Notification]:
    """Return the same as `search`, without large contents and texts of templates."""
    name, value = _only(terms)
    if name == ADDRESS:
        return _by_address(ports, value, limit, after)
    return _by_index(ports, SearchIndex(name), value, limit, after)


def _only(terms: Mapping[str, str | None]) -> tuple[str, str]:
    present = [(name, value) for name in TERMS if (value := terms.get(name)) is not None]
    if len(present) == 1:
        return present[0]
    named = [name for name, _ in present] or TERMS
    problem = f"name exactly one of {', '.join(TERMS)}"
    raise InvalidInput(problem, tuple(FieldError(name, problem) for name in named))


def _by_index(
    ports: SearchPorts, index: SearchIndex, value: str, limit: int, after: str | None
) -> Page[Notification]:
    if index not in ports.search_indexes:
        raise InvalidInput.of(
            index.value,
            "cannot be searched, because this deployment has no index for it; set the template's"
            f" parameter {PARAMETERS[index]} to true",
        )
    if index is SearchIndex.REFERENCE:
        return ports.notifications.list_by_reference(value, limit, after)
    return ports.notifications.list_by_provider_id(value, limit, after)


def _by_address(
    ports: SearchPorts, address: str, limit: int, after: str | None
) -> Page[Notification]:
    """Return the notifications to the records that have an address now."""
    before = None if after is None else IndexEntry(*read_token(after))
    return to_records(ports, ports.records.find_by_addresses(spellings(address)), limit, before)


def to_records(
    ports: HasNotifications,
    records: Sequence[TargetUserRecord],
    limit: int,
    before: IndexEntry | None = None,
) -> Page[Notification]:
    """Return a page of the notifications to some records, as `search_stored`.

    Raises:
        InvalidInput: the records are those of too many users.
    """
    place = before or IndexEntry(LAST_MOMENT, "")
    users = sorted({record.user for record in records})
    if not users:
        return Page([])
    if len(users) > MAX_USERS:
        raise InvalidInput.of(
            ADDRESS,
            f"is the address of {len(users)} users, and a search covers at most {MAX_USERS};"
            " list the notifications of one user instead",
        )
    ids = {record.id for record in records}
    size = max(READS * READ_SIZE // len(users), READ_SIZE)

    def read(user: str) -> list[IndexEntry]:
        return ports.notifications.created(user, place, size)

    entries, is_all = newest_entries(users, read, size)
    to_examine = list(batches(entries, READ_SIZE))
    examined = to_examine[:READS]
    return matching_page(
        ports,
        examined,
        lambda notification: notification.target_user_record in ids,
        limit,
        is_end=is_all and examined == to_examine,
    )
