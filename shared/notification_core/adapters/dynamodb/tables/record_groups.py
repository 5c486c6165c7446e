"""Groups of new target user records that one transaction can add."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from notification_core.domain.addresses import TargetUserRecord

#: The writes and checks of one transaction (Amazon DynamoDB API Reference, TransactWriteItems).
MAX_ACTIONS = 100

#: The items that a record changes: itself, its user's address book and its address.
ITEMS = 3


@dataclass(slots=True)
class _Group:
    records: list[TargetUserRecord] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)

    def takes(self, record: TargetUserRecord) -> bool:
        """Whether the transaction has room for the record and changes none of its items."""
        actions = ITEMS * (len(self.records) + 1) + len(self.targets | {record.target})
        return (
            actions <= MAX_ACTIONS
            and record.user not in self.users
            and record.target_user_id not in self.addresses
        )

    def add(self, record: TargetUserRecord) -> None:
        self.records.append(record)
        self.users.add(record.user)
        self.addresses.add(record.target_user_id)
        self.targets.add(record.target)


def transaction_groups(records: Sequence[TargetUserRecord]) -> list[list[TargetUserRecord]]:
    """Return the records in groups without a common item, each small enough for a transaction.

    A transaction may name an item only once.
    """
    groups: list[_Group] = []
    for record in records:
        group = next((group for group in groups if group.takes(record)), None)
        if group is None:
            group = _Group()
            groups.append(group)
        group.add(record)
    return [group.records for group in groups]
