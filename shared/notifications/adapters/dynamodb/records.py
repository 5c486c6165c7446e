"""Target user records in DynamoDB; a user's address book lists them and keeps them unique."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NoReturn

from pynamodb.transactions import TransactWrite

from notifications.adapters.dynamodb.reads import RawItem, plain, read_items
from notifications.adapters.dynamodb.tables import (
    AddressBookItem,
    AddressItem,
    RecordItem,
    TargetItem,
)
from notifications.adapters.dynamodb.writes import (
    deactivation_text,
    put_if,
    transact,
    with_epochs,
    with_moments,
)
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.errors import (
    NotificationError,
    RecordExists,
    Unavailable,
    UnknownRecord,
    UnknownTarget,
)
from notifications.domain.recipients import Address, Deactivation, TargetUserRecord
from notifications.ports import RecordMoved

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
            _hold(transaction, record)
            transaction.condition_check(TargetItem, record.target, condition=TargetItem.id.exists())
            transaction.save(_record_item(record), condition=RecordItem.id.does_not_exist())

        transact(write, [UnknownTarget, RecordExists, RecordExists])

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        if Address.of(before) == Address.of(after):
            if not put_if(_record_item(after), _is_as(before)):
                self._refuse(before)
            return
        for _ in range(TRIES):
            book = self._book(after.user)
            addresses = set(book.addresses or ())
            if _digest(after) in addresses:
                raise RecordExists
            moved = addresses - {_digest(before)} | {_digest(after)}
            if self._replace_address(before, after, addresses, moved):
                return
        raise Unavailable

    def _replace_address(
        self,
        before: TargetUserRecord,
        after: TargetUserRecord,
        addresses: set[str],
        moved: set[str],
    ) -> bool:
        """Store the record and its address, if the address book is still as it was read."""

        class BookChanged(NotificationError):
            """Somebody else was faster."""

        def write(transaction: TransactWrite) -> None:
            transaction.save(_record_item(after), condition=_is_as(before))
            transaction.update(
                AddressBookItem(f"user#{after.user}"),
                actions=[AddressBookItem.addresses.set(moved)],
                condition=AddressBookItem.addresses == addresses,
            )
            _release(transaction, before)
            _hold(transaction, after)

        try:
            transact(write, [UnknownRecord, BookChanged])
        except BookChanged:
            return False
        except UnknownRecord:
            self._refuse(before)
        return True

    def _refuse(self, before: TargetUserRecord) -> NoReturn:
        """Say whether a record that is not as it was is gone or has moved."""
        raise RecordMoved if self.get([before.id]) else UnknownRecord

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
            _release(transaction, record)

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

    def holding(self, address: str) -> list[TargetUserRecord]:
        items = AddressItem.batch_get([_address_id(address)], consistent_read=True)
        ids = [each for item in items for each in item.records or ()]
        found = self.get(ids).values() if ids else ()
        return [each for each in found if each.target_user_id == address]


def _is_as(record: TargetUserRecord) -> Any:
    """The condition that a record is as it was read."""
    return RecordItem.updated_at == to_epoch_ms(record.updated_at)


def _address_id(address: str) -> str:
    # An address may be longer than a key can be.
    return f"address#{hashlib.sha256(address.encode()).hexdigest()}"


def _hold(transaction: TransactWrite, record: TargetUserRecord) -> None:
    item = AddressItem(_address_id(record.target_user_id))
    transaction.update(item, actions=[AddressItem.records.add({record.id})])


def _release(transaction: TransactWrite, record: TargetUserRecord) -> None:
    item = AddressItem(_address_id(record.target_user_id))
    transaction.update(item, actions=[AddressItem.records.delete({record.id})])


def _digest(record: TargetUserRecord) -> str:
    said = json.dumps([record.target, record.target_user_id])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _record_item(record: TargetUserRecord) -> RecordItem:
    off = record.deactivation
    said = {"deactivation": off and deactivation_text(off)}
    return RecordItem(**with_epochs(asdict(record)) | said)


def _record(item: RawItem) -> TargetUserRecord:
    values = with_moments(plain(item))
    values["strikes"] = int(values.get("strikes", 0))
    if said := values.get("deactivation"):
        reason, code, at = json.loads(said)
        values["deactivation"] = Deactivation(reason, code, from_epoch_ms(at))
    return TargetUserRecord(**values)
