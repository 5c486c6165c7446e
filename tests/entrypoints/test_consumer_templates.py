"""Templates are rendered by the consumer; a template that fails ends its notification alone."""

import json
from collections.abc import Mapping
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notification_core.domain.content import Content
from notification_core.domain.delivery import Delivery
from notification_core.domain.failures import Misconfigured
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.template_use import LocaleChoice, TemplateUse
from notification_core.domain.templates import TemplateRef
from notification_core.entrypoints import consumer as edge
from notification_core.entrypoints.consumer import consumer
from tests.builders import World, a_module, a_notification, a_template_version
from tests.entrypoints.events import body, run

pytestmark = pytest.mark.usefixtures("log")


def templated(world: World, data: Mapping[str, Any], version: int = 1) -> Notification:
    """Store a notification with the template `order-ready`, of a module for SMS."""
    use = TemplateUse(ref=TemplateRef("order-ready", version), choice=LocaleChoice("en"), data=data)
    [notification] = [
        a_notification(
            target_user_record=world.record.id,
            content=Content(title="", body="", template=use),
        )
    ]
    world.notifications.create([notification])
    world.modules.put(a_module(channel="sms"))
    if not world.templates.stored:
        assert world.templates.add_version(None, a_template_version())
    return notification


def test_a_handler_is_given_the_rendered_texts(world: World) -> None:
    seen = list[Delivery]()
    notification = templated(world, {"order": "A-17"})

    def send(delivery: Delivery) -> str:
        seen.append(delivery)
        return "SM1"

    assert run(consumer(send), body(notification)) == []

    [delivery] = seen
    assert (delivery.body, delivery.locale) == ("Your order A-17 is ready.", "en")
    assert world.stored(notification).status is Status.DELIVERED


@pytest.mark.parametrize(("data", "version"), [({}, 1), ({"order": "A-17"}, 9)])
def test_a_template_that_fails_ends_its_notification_without_a_retry_and_is_counted(
    world: World, data: Mapping[str, Any], version: int, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = templated(world, data, version)
    whole = templated(world, {"order": "B-1"})

    assert run(consumer(lambda _: "SM1"), body(broken, whole)) == []

    after = world.stored(broken)
    assert (after.status, after.due_at) == (Status.DELIVERY_FAILURE, None)
    assert after.last_error is not None
    assert (after.last_error.error_class, after.last_error.code) == ("message", "template-error")
    assert world.stored(whole).status is Status.DELIVERED
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    errors = [record for record in metrics if "TemplateErrors" in record]
    assert [(record["module"], record["TemplateErrors"]) for record in errors] == [
        ("templates", [1.0])
    ]
    assert all("Failed" not in record for record in metrics)


def test_variables_that_cannot_be_determined_pause_the_target_as_a_failed_send_does(
    world: World,
) -> None:
    notification = templated(world, {"order": "A-17"})

    def variables(_: Delivery) -> Mapping[str, Any]:
        raise Misconfigured("no-secret")

    run(consumer(lambda _: "SM1", variables=variables), body(notification))

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is not None
    assert world.stored(notification).retry_attempts == 0


def test_a_bug_in_the_variables_spends_an_attempt_and_sends_nothing(world: World) -> None:
    notification = templated(world, {"order": "A-17"})

    def variables(_: Delivery) -> Mapping[str, Any]:
        raise ZeroDivisionError

    run(consumer(lambda _: "SM1", variables=variables), body(notification))

    after = world.stored(notification)
    assert (after.status, after.retry_attempts) == (Status.RETRY, 1)
    assert after.timeline[-1].code == "handler-failed"


ORDERS = st.lists(st.text("abc<>&{}% \n", min_size=1, max_size=12), min_size=2, max_size=30)


@given(orders=ORDERS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_recipient_of_a_batch_gets_the_own_data_and_nothing_of_the_others(
    orders: list[str],
) -> None:
    world = World(module=a_module(channel="sms"))
    texts = [f"{number}:{order}|" for number, order in enumerate(orders)]
    expected = {templated(world, {"order": text}).id: text for text in texts}
    seen = dict[str, str]()
    barrier = Barrier(2)

    def send(delivery: Delivery) -> str:
        with suppress(BrokenBarrierError):
            barrier.wait(0.01)  # so that others are rendered meanwhile
        seen[delivery.id] = delivery.body
        return "SM1"

    notifications = list(world.notifications.stored.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge, "ports", lambda: world.ports)
        assert run(consumer(send), body(*notifications)) == []

    assert seen == {id_: f"Your order {text} is ready." for id_, text in expected.items()}
