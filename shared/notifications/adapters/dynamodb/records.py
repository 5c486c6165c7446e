"""Target user records in DynamoDB; a user's address book lists them and keeps them unique."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pynamodb.transactions import TransactWrite

from notifications.adapters.dynamodb.reads import RawItem, plain, read_items
from notifications.adapters.dynamodb.tables import AddressBookItem, RecordItem, TargetItem
from notifications.adapters.dynamodb.writes import transact, update_if, with_epochs, with_moments
from notifications.domain.clock import to_epoch_ms
from notifications.domain.errors import (
    NotificationError,
    RecordExists,
    Unavailable,
    UnknownRecord,
    UnknownTarget,
)
from notifications.domain.recipients import Address, TargetUserRecord

#: How often a user's address book is read anew when somebody else changed it meanwhile.
TRIES = 5


class DynamoRecords:
    """A RecordStore.

    Args:
        client: a DynamoDB client, botocore's or `wire.py`'s.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def add(self, record: TargetUserRecord) -> None:
        book, digest = AddressBookItem(f"user#{record.user}"), _digest(record)

        def write(transaction: TransactWrite) -> None:
            transaction.update(
                book,
                actions=[
                    AddressBookItem.addresses.add({digest}),
                    AddressBookItem.records.add({record.id}),
                ],
                condition=~AddressBookItem.addresses.contains(digest),
            )
            transaction.condition_check(TargetItem, record.target, condition=TargetItem.id.exists())
            transaction.save(_record_item(record), condition=RecordItem.id.does_not_exist())

        transact(write, [UnknownTarget, RecordExists, RecordExists])

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        if Address.of(before) == Address.of(after):
            exists = RecordItem.id.exists()
            transact(lambda each: each.save(_record_item(after), exists), [UnknownRecord])
            return
        for _ in range(TRIES):
            book = self._book(after.user)
            addresses = set(book.addresses or ())
            if _digest(after) in addresses:
                raise RecordExists
            moved = addresses - {_digest(before)} | {_digest(after)}
            if self._replace_address(after, addresses, moved):
                return
        raise Unavailable

    def _replace_address(
        self, after: TargetUserRecord, addresses: set[str], moved: set[str]
    ) -> bool:
        """Store the record and its address, if the address book is still as it was read."""

        class BookChanged(NotificationError):
            """Somebody else was faster."""

        def write(transaction: TransactWrite) -> None:
            transaction.save(_record_item(after), condition=RecordItem.id.exists())
            transaction.update(
                AddressBookItem(f"user#{after.user}"),
                actions=[AddressBookItem.addresses.set(moved)],
                condition=AddressBookItem.addresses == addresses,
            )

        try:
            transact(write, [UnknownRecord, BookChanged])
        except BookChanged:
            return False
        return True

    def remove(self, record: TargetUserRecord) -> None:
        def write(transaction: TransactWrite) -> None:
            transaction.delete(_record_item(record))
            transaction.update(
                AddressBookItem(f"user#{record.user}"),
                actions=[
                    AddressBookItem.addresses.delete({_digest(record)}),
                    AddressBookItem.records.delete({record.id}),
                ],
            )

        transact(write, [])

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        items = read_items(self._client, RecordItem.Meta.table_name, "id", ids)
        return {item["id"]["S"]: _record(item) for item in items}

    def of_user(self, user: str) -> list[TargetUserRecord]:
        records = self.get(self._book(user).records or ())
        return sorted(records.values(), key=lambda each: (each.created_at, each.id))

    def _book(self, user: str) -> AddressBookItem:
        books = AddressBookItem.batch_get([f"user#{user}"], consistent_read=True)
        return next(iter(books), AddressBookItem(f"user#{user}"))

    def deactivate(self, record_id: str, address: str, now: datetime) -> None:
        actions = [RecordItem.active.set(False), RecordItem.updated_at.set(to_epoch_ms(now))]
        update_if(RecordItem(record_id), actions, RecordItem.target_user_id == address)


def _digest(record: TargetUserRecord) -> str:
    said = json.dumps([record.target, record.target_user_id])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _record_item(record: TargetUserRecord) -> RecordItem:
    return RecordItem(**with_epochs(asdict(record)))


def _record(item: RawItem) -> TargetUserRecord:
    return TargetUserRecord(**with_moments(plain(item)))
