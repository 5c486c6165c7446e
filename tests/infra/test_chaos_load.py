"""The load of `make chaos`: every kind of trouble in every target; a seed makes it again."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from infra.simulator.outcomes import Action, Target, find
from notification_system.signed_caller import Answer
from tests.chaos.api_client import hear
from tests.chaos.load import CONSENTING, SOUND, TARGETS, TROUBLE, Load, Order
from tests.chaos.verifier import Response

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


def test_a_recipient_behaves_as_its_kind() -> None:
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
    assert len({each.request(now)["title"] for each in first}) == 200
    for each in first:
        request = each.request(now)
        assert request["body"].split()[0] == request["title"] == each.asked.token
        assert request.get("idempotency_key") == (request["title"] if each.has_key else None)


@pytest.mark.parametrize("size", [200, 2000])
def test_one_third_of_every_target_has_no_key(size: int) -> None:
    orders = Load(size, SPAN, Random(1)).orders

    for target in TARGETS:
        mine = [each for each in orders if each.asked.target == target]
        assert len(mine) / 5 < sum(not each.has_key for each in mine) < len(mine) / 2
    assert 0.28 < sum(not each.has_key for each in orders) / size < 0.39


def an_order(*, has_key: bool) -> Order:
    """One with a key, or without."""
    orders = Load(200, SPAN, Random(1)).orders
    return next(each for each in orders if each.has_key is has_key)


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_request_with_a_key_that_was_not_answered_is_sent_again_as_it_was() -> None:
    order = an_order(has_key=True)
    before = order.request(NOW)

    hear([order], Answer(503, {"type": "urn:notifications:problem:unavailable"}))

    assert not order.is_answered
    assert order.request(NOW) == before
    assert order.requests() == [order.asked]


def test_one_without_is_another_request_each_time() -> None:
    order = an_order(has_key=False)
    titles = [order.request(NOW)["title"]]

    for status in (0, 500, 504):
        hear([order], Answer(status, "lost"))
        titles.append(order.request(NOW)["title"])
    hear([order], accepted("id-4"))

    assert titles == [titles[0], f"{titles[0]}.1", f"{titles[0]}.2", f"{titles[0]}.3"]
    assert [each.token for each in order.requests()] == titles
    assert [each.response for each in order.requests()] == [*[Response.NONE] * 3, Response.ACCEPTED]
    assert [each.id for each in order.requests()] == ["", "", "", "id-4"]


def accepted(notification_id: str) -> Answer:
    """The answer to a batch of one."""
    return Answer(200, {"items": [{"status": 201, "notifications": [{"id": notification_id}]}]})


def test_each_item_of_a_batch_is_judged_separately() -> None:
    orders = Load(200, SPAN, Random(1)).orders[:3]
    problem = {"type": "urn:notifications:problem:opted-out"}
    items = [
        {"status": 201, "notifications": [{"id": "id-1"}]},
        {"status": 409, "problem": problem},
        {"status": 503, "problem": {"type": "urn:notifications:problem:unavailable"}},
    ]

    hear(orders, Answer(200, {"items": items}))

    assert [each.is_answered for each in orders] == [True, True, False]
    assert (orders[0].asked.id, orders[1].asked.refusal) == ("id-1", "opted-out")


def test_an_opt_out_applies_to_every_request_of_a_recipient_and_a_cancel_to_one() -> None:
    order = an_order(has_key=False)
    hear([order], Answer(0, "lost"))
    hear([order], accepted("id-2"))
    order.asked.said_no_at = NOW

    assert [each.said_no_at for each in order.requests()] == [None, NOW]
    order.recipient.opted_out_at = NOW + SPAN
    assert [each.said_no_at for each in order.requests()] == [NOW + SPAN, NOW]
    order.recipient.opted_out_at = NOW - SPAN
    assert [each.said_no_at for each in order.requests()] == [NOW - SPAN] * 2
