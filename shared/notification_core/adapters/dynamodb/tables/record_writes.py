"""The items of target user records in DynamoDB, and the transactions that add and remove them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pynamodb.expressions.condition import size

from notification_core.adapters.dynamodb.fast.attributes import RawItem, plain
from notification_core.adapters.dynamodb.fast.record_update import deactivation_text
from notification_core.adapters.dynamodb.models import (
    AddressBookItem,
    AddressItem,
    RecordItem,
    TargetItem,
)
from notification_core.adapters.dynamodb.tables.conversions import with_epochs, with_moments
from notification_core.adapters.dynamodb.tables.targets import takes_records
from notification_core.adapters.dynamodb.tables.writes import Transaction
from notification_core.domain.addresses import Deactivation, TargetUserRecord
from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.errors import NotificationError, RecordExists, UnknownTarget

#: The attributes of a record that this version knows.
RECORD = frozenset(TargetUserRecord.__slots__)


class Moved(NotificationError):
    """A concurrent change was faster."""


def book_id(user: str) -> str:
    """Return the key of a user's address book."""
    return f"user#{user}"


def record_ids(book: RawItem) -> list[str]:
    """Return the ids of the records in an address book."""
    # DynamoDB has no empty sets: the attribute is absent.
    ids: list[str] = book.get("records", {}).get("SS", [])
    return ids


def address_id(address: str) -> str:
    """Return the key of the item that lists the records with an address."""
    # An address may be longer than the longest key.
    return f"address#{hashlib.sha256(address.encode()).hexdigest()}"


def insertion(records: Sequence[TargetUserRecord]) -> Transaction:
    """Return the transaction that adds records of distinct users with distinct addresses."""
    transaction = Transaction()
    for record in records:
        digest = digest_of(record)
        transaction.update(
            AddressBookItem(book_id(record.user)),
            actions=[
                AddressBookItem.addresses.add({digest}),
                AddressBookItem.records.add({record.id}),
            ],
            condition=~AddressBookItem.addresses.contains(digest),
            otherwise=RecordExists,
        )
        hold(transaction, record)
        absent = RecordItem.id.does_not_exist()
        transaction.put(record_item(record), absent, otherwise=RecordExists)
    for target, created_at in {record.target: record.created_at for record in records}.items():
        taking = takes_records(created_at)
        transaction.check(TargetItem, target, taking, otherwise=UnknownTarget)
    return transaction


def hold(transaction: Transaction, record: TargetUserRecord) -> None:
    """Add a record to the item of its address."""
    item = AddressItem(address_id(record.target_user_id))
    transaction.update(item, actions=[AddressItem.records.add({record.id})])


def removal(record: TargetUserRecord, book: AddressBookItem, holders: AddressItem) -> Transaction:
    """Return the transaction that removes a record from the user's address book, as it was read."""
    transaction = Transaction()
    transaction.delete(record_item(record))
    if book.records == {record.id}:
        unchanged = AddressBookItem.records == book.records
        transaction.delete(book, condition=unchanged, otherwise=Moved)
    else:
        transaction.update(
            book,
            actions=[
                AddressBookItem.addresses.delete({digest_of(record)}),
                AddressBookItem.records.delete({record.id}),
            ],
            condition=_is_one_of_several(AddressBookItem.records, record.id),
            otherwise=Moved,
        )
    release(transaction, holders, record.id)
    return transaction


def release(transaction: Transaction, holders: AddressItem, record_id: str) -> None:
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


def digest_of(record: TargetUserRecord) -> str:
    """Return the digest of a record's target and address."""
    identity = json.dumps([record.target, record.target_user_id])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def record_item(record: TargetUserRecord) -> RecordItem:
    """Return the item of a record."""
    off = record.deactivation
    fields = {"deactivation": off and deactivation_text(off)}
    return RecordItem(**with_epochs(asdict(record)) | fields)


def record_of(item: RawItem) -> TargetUserRecord:
    """Return the record in an item."""
    values = with_moments(plain(item))
    values["strikes"] = int(values.get("strikes", 0))
    if text := values.get("deactivation"):
        reason, code, at = json.loads(text)[:3]
        values["deactivation"] = Deactivation(reason, code, from_epoch_ms(at))
    return TargetUserRecord(**{name: values[name] for name in RECORD if name in values})
