"""The load of `make chaos`: every kind of trouble in every target; a seed makes it again."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from infra.chaos.load import CONSENTING, SOUND, TARGETS, TROUBLE, Load
from infra.simulator.outcomes import Action, Target, find

SPAN = timedelta(seconds=100)
ACTIONS = {
    SOUND: Action.OK,
    CONSENTING: Action.OK,
    "refuses at first": Action.FAIL,
    "slow": Action.SLOW,
    "throttles": Action.THROTTLE,
    "hangs": Action.HANG,
    "cuts": Action.CUT,
    "drops": Action.DROP,
    "is refused": Action.ERROR,
}
PROVIDERS = {"Email": Target.SES, "Twilio": Target.TWILIO, "Expo": Target.EXPO}


@pytest.mark.parametrize("size", [100, 200, 2000])
def test_every_target_has_its_third_and_every_kind_of_recipient(size: int) -> None:
    load = Load(size, SPAN, Random(1))

    counts = Counter(each.asked.target for each in load.orders)
    assert sum(counts.values()) == size
    assert max(counts.values()) - min(counts.values()) <= 1
    kinds = {(each.asked.target, each.asked.kind) for each in load.orders}
    assert kinds == {(target, kind) for target in TARGETS for kind in [*TROUBLE, SOUND, CONSENTING]}


def test_a_recipient_does_what_its_kind_says() -> None:
    for each in Load(2000, SPAN, Random(1)).recipients:
        assert find(PROVIDERS[each.target], each.address).action is ACTIONS[each.kind], each


def test_part_is_due_at_once_and_part_later_some_of_it_cancelled_or_buried() -> None:
    orders = Load(2000, SPAN, Random(1)).orders

    assert 600 < sum(not each.delay for each in orders) < 1000
    assert max(each.delay for each in orders) < SPAN
    assert sum(each.is_cancelled for each in orders) > 10
    assert sum(each.is_buried for each in orders) > 3
    assert not any(each.is_cancelled and each.is_buried for each in orders)


def test_tokens_and_keys_are_distinct_and_a_seed_makes_them_again() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    first, again = (Load(200, SPAN, Random(7)).orders for _ in range(2))

    assert [each.request(now) for each in first] == [each.request(now) for each in again]
    assert len({each.request(now)["idempotency_key"] for each in first}) == 200
    assert all(each.body.split()[0] == each.asked.token for each in first)
