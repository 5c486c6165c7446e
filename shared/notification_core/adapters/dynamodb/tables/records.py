"""Target user records in DynamoDB; a user's address book lists them and keeps them unique."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from pynamodb.expressions.condition import size

from notification_core.adapters.dynamodb.fast.attributes import RawItem, plain
from notification_core.adapters.dynamodb.fast.batch_get import read_items
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.fast.record_update import deactivation_text
from notification_core.adapters.dynamodb.models import (
    AddressBookItem,
    AddressItem,
    RecordItem,
    TargetItem,
)
from notification_core.adapters.dynamodb.tables.conversions import with_epochs, with_moments
from notification_core.adapters.dynamodb.tables.targets import takes_records
from notification_core.adapters.dynamodb.tables.writes import Transaction, put_if
from notification_core.domain.addresses import Address, Deactivation, TargetUserRecord
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.errors import (
    NotificationError,
    RecordExists,
    Unavailable,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.domain.transitions import RecordChanged

#: How often a change is attempted if the user's address book changes concurrently.
TRIES = 5


class Moved(NotificationError):
    """A concurrent change was faster."""


class DynamoRecords:
    """A RecordStore.

    Args:
        client: the DynamoDB client.
    """

    def __init__(self, client: LowLevelClient) -> None:
        self._client = client

    def add(self, record: TargetUserRecord) -> None:
        book, digest = AddressBookItem(_book_id(record.user)), _digest(record)

        transaction = Transaction()
        transaction.update(
            book,
            actions=[
                AddressBookItem.addresses.add({digest}),
                AddressBookItem.records.add({record.id}),
            ],
            condition=~AddressBookItem.addresses.contains(digest),
            otherwise=RecordExists,
        )
        _hold(transaction, record)
        taking = takes_records(record.created_at)
        transaction.check(TargetItem, record.target, taking, otherwise=UnknownTarget)
        absent = RecordItem.id.does_not_exist()
        transaction.put(_record_item(record), absent, otherwise=RecordExists)
        try:
            transaction.write()
        except RecordExists:
            if not self._stands(record):
                raise

    def _stands(self, record: TargetUserRecord) -> bool:
        """Whether an earlier attempt of a rejected write has succeeded."""
        return self.get([record.id]).get(record.id) == record

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        if Address.of(before) == Address.of(after):
            if not put_if(_record_item(after), _is_as(before)):
                self._refuse(before, after)
            return
        for _ in range(TRIES):
            book, holders = self._read(before)
            addresses = set(book.addresses or ())
            if _digest(after) in addresses:
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
        moved = addresses - {_digest(before)} | {_digest(after)}

        transaction = Transaction()
        transaction.put(_record_item(after), _is_as(before), otherwise=UnknownRecord)
        transaction.update(
            AddressBookItem(_book_id(after.user)),
            actions=[AddressBookItem.addresses.set(moved)],
            condition=AddressBookItem.addresses == addresses,
            otherwise=Moved,
        )
        _release(transaction, holders, before.id)
        _hold(transaction, after)
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
                _removal(record, book, holders).write()
            except Moved:
                continue
            return
        raise Unavailable

    def _read(self, record: TargetUserRecord) -> tuple[AddressBookItem, AddressItem]:
        """Return the user's address book, and the item of the record's address."""
        holders_id = _address_id(record.target_user_id)
        items = AddressItem.batch_get([holders_id], consistent_read=True)
        return self._book(record.user), next(iter(items), AddressItem(holders_id))

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        items = read_items(self._client, RecordItem.Meta.table_name, "id", ids)
        return {item["id"]["S"]: _record(item) for item in items}

    def list_by_user(self, user: str) -> list[TargetUserRecord]:
        return self.list_by_users([user]).get(user, [])

    def list_by_users(self, users: Iterable[str]) -> dict[str, list[TargetUserRecord]]:
        book_ids = [_book_id(user) for user in users]
        books = read_items(self._client, AddressBookItem.Meta.table_name, "id", book_ids)
        by_id = self.get(record_id for book in books for record_id in _record_ids(book))
        records = sorted(by_id.values(), key=lambda record: (record.created_at, record.id))
        list_by_users: dict[str, list[TargetUserRecord]] = {}
        for record in records:
            list_by_users.setdefault(record.user, []).append(record)
        return list_by_users

    def _book(self, user: str) -> AddressBookItem:
        books = AddressBookItem.batch_get([_book_id(user)], consistent_read=True)
        return next(iter(books), AddressBookItem(_book_id(user)))

    def find_by_address(self, address: str) -> list[TargetUserRecord]:
        return self.find_by_addresses([address])

    def find_by_addresses(self, addresses: Iterable[str]) -> list[TargetUserRecord]:
        wanted = set(addresses)
        items = AddressItem.batch_get(list(map(_address_id, wanted)), consistent_read=True)
        ids = {record_id for item in items for record_id in item.records or ()}
        records = self.get(ids).values() if ids else ()
        return [record for record in records if record.target_user_id in wanted]


def _is_as(record: TargetUserRecord) -> Any:
    """Return the condition that a record is unchanged since it was read."""
    return RecordItem.updated_at == to_epoch_ms(record.updated_at)


def _book_id(user: str) -> str:
    return f"user#{user}"


def _record_ids(book: RawItem) -> list[str]:
    # DynamoDB has no empty sets: the attribute is absent.
    ids: list[str] = book.get("records", {}).get("SS", [])
    return ids


def _address_id(address: str) -> str:
    # An address may be longer than the longest key.
    return f"address#{hashlib.sha256(address.encode()).hexdigest()}"


def _hold(transaction: Transaction, record: TargetUserRecord) -> None:
    item = AddressItem(_address_id(record.target_user_id))
    transaction.update(item, actions=[AddressItem.records.add({record.id})])


def _removal(record: TargetUserRecord, book: AddressBookItem, holders: AddressItem) -> Transaction:
    transaction = Transaction()
    transaction.delete(_record_item(record))
    if book.records == {record.id}:
        unchanged = AddressBookItem.records == book.records
        transaction.delete(book, condition=unchanged, otherwise=Moved)
    else:
        transaction.update(
            book,
            actions=[
                AddressBookItem.addresses.delete({_digest(record)}),
                AddressBookItem.records.delete({record.id}),
            ],
            condition=_is_one_of_several(AddressBookItem.records, record.id),
            otherwise=Moved,
        )
    _release(transaction, holders, record.id)
    return transaction


def _release(transaction: Transaction, holders: AddressItem, record_id: str) -> None:
    """Remove a record from an address. The item of an address without records is deleted."""
    if holders.records == {record_id}:
        unchanged = AddressItem.records == holders.records
        transaction.delete(holders, condition=unchanged, otherwise=Moved)
    else:
        several = _is_one_of_several(AddressItem.records, record_id)
        actions = [AddressItem.records.delete({record_id})]
        transaction.update(holders, actions, condition=several, otherwise=Moved)


def _is_one_of_several(records: Any, record_id: str) -> Any:
    return records.contains(record_id) & (size(records) > 1)


def _digest(record: TargetUserRecord) -> str:
    identity = json.dumps([record.target, record.target_user_id])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _record_item(record: TargetUserRecord) -> RecordItem:
    off = record.deactivation
    fields = {"deactivation": off and deactivation_text(off)}
    return RecordItem(**with_epochs(asdict(record)) | fields)


def _record(item: RawItem) -> TargetUserRecord:
    values = with_moments(plain(item))
    values["strikes"] = int(values.get("strikes", 0))
    if text := values.get("deactivation"):
        reason, code, at = json.loads(text)
        values["deactivation"] = Deactivation(reason, code, from_epoch_ms(at))
    return TargetUserRecord(**values)
