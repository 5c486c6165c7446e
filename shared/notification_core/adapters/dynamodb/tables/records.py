"""Target user records in DynamoDB; a user's address book lists them and keeps them unique."""

from collections.abc import Iterable, Sequence
from typing import Any

from notification_core.adapters.dynamodb.fast.batch_get import read_items
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.models import (
    AddressBookItem,
    AddressItem,
    RecordItem,
)
from notification_core.adapters.dynamodb.tables.record_groups import transaction_groups
from notification_core.adapters.dynamodb.tables.record_writes import (
    Moved,
    address_id,
    book_id,
    digest_of,
    hold,
    insertion,
    record_ids,
    record_item,
    record_of,
    release,
    removal,
)
from notification_core.adapters.dynamodb.tables.writes import Transaction, put_if
from notification_core.domain.addresses import Address, TargetUserRecord
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.errors import (
    NotificationError,
    RecordExists,
    Unavailable,
    UnknownRecord,
)
from notification_core.domain.transitions import RecordChanged

#: How often a change is attempted if the user's address book changes concurrently.
TRIES = 5


class DynamoRecords:
    """A RecordStore.

    Args:
        client: the DynamoDB client.
    """

    def __init__(self, client: LowLevelClient) -> None:
        self._client = client

    def add(self, record: TargetUserRecord) -> None:
        try:
            insertion([record]).write()
        except RecordExists:
            if not self._stands(record):
                raise

    def add_all(self, records: Sequence[TargetUserRecord]) -> list[NotificationError | None]:
        errors: dict[str, NotificationError | None] = {}
        for group in transaction_groups(records):
            try:
                insertion(group).write()
            except NotificationError:
                # The others of the group are not refused because of one.
                errors |= {record.id: self._added_alone(record) for record in group}
        return [errors.get(record.id) for record in records]

    def _added_alone(self, record: TargetUserRecord) -> NotificationError | None:
        try:
            self.add(record)
        except NotificationError as error:
            return error
        return None

    def _stands(self, record: TargetUserRecord) -> bool:
        """Whether an earlier attempt of a rejected write has succeeded."""
        return self.get([record.id]).get(record.id) == record

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        if Address.of(before) == Address.of(after):
            if not put_if(record_item(after), _is_as(before)):
                self._refuse(before, after)
            return
        for _ in range(TRIES):
            book, holders = self._read(before)
            addresses = set(book.addresses or ())
            if digest_of(after) in addresses:
                if self._stands(after):
                    return
                raise RecordExists
            if self._replace_address(before, after, addresses, holders):
                return
        raise Unavailable

    def _replace_address(
        self,
        before: TargetUserRecord,
        after: TargetUserRecord,
        addresses: set[str],
        holders: AddressItem,
    ) -> bool:
        """Store the record and its address, if the address book is unchanged."""
        moved = addresses - {digest_of(before)} | {digest_of(after)}

        transaction = Transaction()
        transaction.put(record_item(after), _is_as(before), otherwise=UnknownRecord)
        transaction.update(
            AddressBookItem(book_id(after.user)),
            actions=[AddressBookItem.addresses.set(moved)],
            condition=AddressBookItem.addresses == addresses,
            otherwise=Moved,
        )
        release(transaction, holders, before.id)
        hold(transaction, after)
        try:
            transaction.write()
        except Moved:
            return False
        except UnknownRecord:
            self._refuse(before, after)
        return True

    def _refuse(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        """Raise RecordChanged or UnknownRecord, unless the stored record already equals `after`."""
        current = self.get([before.id]).get(before.id)
        if current != after:
            raise RecordChanged if current else UnknownRecord

    def remove(self, record: TargetUserRecord) -> None:
        for _ in range(TRIES):
            book, holders = self._read(record)
            if record.id not in (book.records or ()):
                return
            try:
                removal(record, book, holders).write()
            except Moved:
                continue
            return
        raise Unavailable

    def _read(self, record: TargetUserRecord) -> tuple[AddressBookItem, AddressItem]:
        """Return the user's address book, and the item of the record's address."""
        holders_id = address_id(record.target_user_id)
        items = AddressItem.batch_get([holders_id], consistent_read=True)
        return self._book(record.user), next(iter(items), AddressItem(holders_id))

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        # A caller's id may be the key of one of the table's other items.
        own = {id_ for id_ in ids if "#" not in id_}
        items = read_items(self._client, RecordItem.Meta.table_name, "id", own)
        return {item["id"]["S"]: record_of(item) for item in items}

    def list_by_user(self, user: str) -> list[TargetUserRecord]:
        return self.list_by_users([user]).get(user, [])

    def list_by_users(self, users: Iterable[str]) -> dict[str, list[TargetUserRecord]]:
        book_ids = [book_id(user) for user in users]
        books = read_items(self._client, AddressBookItem.Meta.table_name, "id", book_ids)
        by_id = self.get(record_id for book in books for record_id in record_ids(book))
        records = sorted(by_id.values(), key=lambda record: (record.created_at, record.id))
        list_by_users: dict[str, list[TargetUserRecord]] = {}
        for record in records:
            list_by_users.setdefault(record.user, []).append(record)
        return list_by_users

    def _book(self, user: str) -> AddressBookItem:
        books = AddressBookItem.batch_get([book_id(user)], consistent_read=True)
        return next(iter(books), AddressBookItem(book_id(user)))

    def find_by_address(self, address: str) -> list[TargetUserRecord]:
        return self.find_by_addresses([address])

    def find_by_addresses(self, addresses: Iterable[str]) -> list[TargetUserRecord]:
        wanted = set(addresses)
        items = AddressItem.batch_get(list(map(address_id, wanted)), consistent_read=True)
        ids = {record_id for item in items for record_id in item.records or ()}
        records = self.get(ids).values() if ids else ()
        return [record for record in records if record.target_user_id in wanted]


def _is_as(record: TargetUserRecord) -> Any:
    """Return the condition that a record is unchanged since it was read."""
    return RecordItem.updated_at == to_epoch_ms(record.updated_at)
