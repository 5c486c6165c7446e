"""The load of `make chaos`: every kind of fault in every target, repeatable by its seed."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from infra.local.caller import Answer
from infra.local.layout import PROJECT
from infra.simulator.outcomes import Action, Target, find
from notification_content.templates.document import TemplateDocument
from notification_core.usecases.administration.manifests import read_manifest
from notification_core.usecases.administration.templates import publish, put_version
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft
from tests.chaos.api_client import record_answers
from tests.chaos.edits import version_of
from tests.chaos.load import (
    FAULTY_RECIPIENTS,
    HEALTHY,
    LARGE_FILLING,
    OPTING_OUT,
    TARGETS,
    TEMPLATE,
    TEMPLATE_DOCUMENT,
    Load,
    Order,
    Recipient,
)
from tests.chaos.verifier import NotificationRequest, Response

SPAN = timedelta(seconds=100)
ACTIONS = {
    HEALTHY: Action.OK,
    OPTING_OUT: Action.OK,
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

    counts = Counter(order.request.target for order in load.orders)
    assert sum(counts.values()) == size
    assert max(counts.values()) - min(counts.values()) <= 1
    kinds = {(order.request.target, order.request.kind) for order in load.orders}
    assert kinds == {
        (target, kind) for target in TARGETS for kind in [*FAULTY_RECIPIENTS, HEALTHY, OPTING_OUT]
    }


def test_a_recipient_behaves_as_its_kind() -> None:
    for recipient in Load(2000, SPAN, Random(1)).recipients:
        assert (
            find(PROVIDERS[recipient.target], recipient.address).action is ACTIONS[recipient.kind]
        ), recipient


def test_part_is_due_at_once_and_part_later_some_of_it_cancelled_changed_or_buried() -> None:
    orders = Load(2000, SPAN, Random(1)).orders

    assert 600 < sum(not order.delay for order in orders) < 1000
    assert max(order.delay for order in orders) < SPAN
    assert sum(order.is_cancelled for order in orders) > 10
    assert sum(order.is_dead_lettered for order in orders) > 3
    assert sum(bool(order.planned_edits) for order in orders) > 100
    assert sum(order.is_templated for order in orders) > 200
    fates = [
        (order.is_cancelled, order.is_dead_lettered, bool(order.planned_edits)) for order in orders
    ]
    assert all(sum(fate) <= 1 for fate in fates)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("version", [0, 1])
def test_every_target_sends_the_template_with_its_longest_text(target: str, version: int) -> None:
    module = read_manifest(PROJECT / "functions/targets" / target.lower() / "target.json")
    world = World(module=replace(module, name="pigeon", address_pattern=".*"))
    document = TemplateDocument.of(TEMPLATE_DOCUMENT)
    put_version(world.ports, TEMPLATE, document, author="author")
    publish(world.ports, TEMPLATE, None, author="author")
    request = NotificationRequest("c0000-00001", target, HEALTHY)
    recipient = Recipient("eggs", target, "", HEALTHY)
    order = Order(request, recipient, timedelta(0), LARGE_FILLING, has_key=False, is_templated=True)

    draft = a_draft(title=None, body=None, template=TEMPLATE, **order.content(version))
    [notification] = schedule(world.ports, "caller", draft).notifications

    assert version_of(notification.content.body) == version
    assert notification.content.title.partition(" ")[0] in {"", "c0000-00001"}


def test_tokens_and_keys_are_distinct_and_a_seed_makes_them_again() -> None:
    first, again = (Load(200, SPAN, Random(7)).orders for _ in range(2))

    assert [each.payload(NOW) for each in first] == [each.payload(NOW) for each in again]
    assert len({each.request.token for each in first}) == 200
    for each in first:
        request = each.payload(NOW)
        title = title_of(each)
        body = request.get("data", request)["body"]
        assert body.split()[0] == title == each.request.token
        assert request.get("idempotency_key") == (title if each.has_key else None)


@pytest.mark.parametrize("size", [200, 2000])
def test_one_third_of_every_target_has_no_key(size: int) -> None:
    orders = Load(size, SPAN, Random(1)).orders

    for target in TARGETS:
        mine = [order for order in orders if order.request.target == target]
        assert len(mine) / 5 < sum(not each.has_key for each in mine) < len(mine) / 2
    assert 0.28 < sum(not order.has_key for order in orders) / size < 0.39


def an_order(*, has_key: bool) -> Order:
    """One with a key, or without."""
    orders = Load(200, SPAN, Random(1)).orders
    return next(order for order in orders if order.has_key is has_key)


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_request_with_a_key_that_was_not_answered_is_sent_again_as_it_was() -> None:
    order = an_order(has_key=True)
    before = order.payload(NOW)

    record_answers([order], Answer(503, {"type": "urn:notifications:problem:unavailable"}))

    assert not order.is_answered
    assert order.payload(NOW) == before
    assert order.requests() == [order.request]


def test_one_without_is_another_request_each_time() -> None:
    order = an_order(has_key=False)
    titles = [title_of(order)]

    for status in (0, 500, 504):
        record_answers([order], Answer(status, "lost"))
        titles.append(title_of(order))
    record_answers([order], accepted("id-4"))

    assert titles == [titles[0], f"{titles[0]}.1", f"{titles[0]}.2", f"{titles[0]}.3"]
    assert [request.token for request in order.requests()] == titles
    assert [request.response for request in order.requests()] == [
        *[Response.NONE] * 3,
        Response.ACCEPTED,
    ]
    assert [request.id for request in order.requests()] == ["", "", "", "id-4"]


def title_of(order: Order) -> str:
    """The title that is requested, perhaps as data of a template."""
    payload = order.payload(NOW)
    title: str = payload["data"]["text"] if order.is_templated else payload["title"]
    return title


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

    record_answers(orders, Answer(200, {"items": items}))

    assert [order.is_answered for order in orders] == [True, True, False]
    assert (orders[0].request.id, orders[1].request.refusal) == ("id-1", "opted-out")


def test_an_opt_out_applies_to_every_request_of_a_recipient_and_a_cancel_to_one() -> None:
    order = an_order(has_key=False)
    record_answers([order], Answer(0, "lost"))
    record_answers([order], accepted("id-2"))
    order.request.withdrawn_at = NOW

    assert [request.withdrawn_at for request in order.requests()] == [None, NOW]
    order.recipient.opted_out_at = NOW + SPAN
    assert [request.withdrawn_at for request in order.requests()] == [NOW + SPAN, NOW]
    order.recipient.opted_out_at = NOW - SPAN
    assert [request.withdrawn_at for request in order.requests()] == [NOW - SPAN] * 2
