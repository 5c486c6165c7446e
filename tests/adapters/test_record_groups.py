"""New records are added in as few transactions as DynamoDB allows."""

from hypothesis import given
from hypothesis import strategies as st

from notification_core.adapters.dynamodb.tables.record_groups import (
    ITEMS,
    MAX_ACTIONS,
    transaction_groups,
)
from notification_core.domain.addresses import TargetUserRecord
from tests.builders import a_record

NAMES = st.integers(0, 50).map(str)
RECORDS = st.builds(
    lambda user, target, address: a_record(user=user, target=target, target_user_id=address),
    NAMES,
    NAMES,
    NAMES,
)


def test_a_hundred_users_of_one_target_need_four_transactions() -> None:
    records = [a_record(user=f"{n}", target_user_id=f"{n}") for n in range(100)]

    assert [len(group) for group in transaction_groups(records)] == [33, 33, 33, 1]


@given(st.lists(RECORDS, max_size=150))
def test_a_transaction_names_no_item_twice_and_is_never_too_large(
    records: list[TargetUserRecord],
) -> None:
    groups = transaction_groups(records)

    assert sorted(record.id for group in groups for record in group) == sorted(
        record.id for record in records
    )
    for group in groups:
        assert len({record.user for record in group}) == len(group)
        assert len({record.target_user_id for record in group}) == len(group)
        assert ITEMS * len(group) + len({record.target for record in group}) <= MAX_ACTIONS
