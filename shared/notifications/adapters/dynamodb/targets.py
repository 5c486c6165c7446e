"""Targets in DynamoDB; an item for each name keeps names unique."""

from dataclasses import asdict

from pynamodb.transactions import TransactWrite

from notifications.adapters.dynamodb.tables import RecordItem, TargetItem, TargetNameItem
from notifications.adapters.dynamodb.writes import transact, with_epochs, with_moments
from notifications.domain.errors import NameTaken, TargetInUse, UnknownTarget
from notifications.domain.recipients import Target


class DynamoTargets:
    """A TargetStore."""

    def add(self, target: Target) -> None:
        def write(transaction: TransactWrite) -> None:
            transaction.save(_name_item(target), condition=TargetNameItem.id.does_not_exist())
            transaction.save(_target_item(target), condition=TargetItem.id.does_not_exist())

        transact(write, [NameTaken, NameTaken])

    def replace(self, before: Target, after: Target) -> None:
        def write(transaction: TransactWrite) -> None:
            transaction.save(_target_item(after), condition=TargetItem.id.exists())
            if after.name != before.name:
                transaction.save(_name_item(after), condition=TargetNameItem.id.does_not_exist())
                transaction.delete(_name_item(before))

        # A deletion has no condition, so what stands in its place is never raised.
        deletion = [NameTaken] if after.name != before.name else []
        transact(write, [*deletion, UnknownTarget, NameTaken])

    def remove(self, target: Target) -> None:
        if any(True for _ in RecordItem.by_target.query(target.id, limit=1)):
            raise TargetInUse

        def write(transaction: TransactWrite) -> None:
            transaction.delete(_target_item(target))
            transaction.delete(_name_item(target))

        transact(write, [])

    def all(self) -> list[Target]:
        items = TargetItem.scan(consistent_read=True)
        targets = [_target(item) for item in items if not item.id.startswith("name#")]
        return sorted(targets, key=lambda each: each.name)


def _name_item(target: Target) -> TargetNameItem:
    return TargetNameItem(id=f"name#{target.name}", target=target.id)


def _target_item(target: Target) -> TargetItem:
    return TargetItem(**with_epochs(asdict(target)))


def _target(item: TargetItem) -> Target:
    return Target(**with_moments(item.attribute_values))
