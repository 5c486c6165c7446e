"""A test of a template goes to an address that the deployment allows, and is marked."""

from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.errors import InvalidInput, NotFound, OptedOut, UnknownTarget
from notification_core.domain.notification import Notification
from notification_core.domain.templates import TemplateRef
from notification_core.usecases.sending.template_test_send import (
    TemplateTest,
    send_template_test,
)
from tests.builders import World, an_opt_out
from tests.usecases.steps import handed
from tests.usecases.templates import publish, text_world

ADDRESS = "4711"


@pytest.fixture
def world() -> World:
    """A world whose module sends SMS, and whose team has one address."""
    world = text_world()
    allowed = DeploymentSettings(allow_list=(ADDRESS,))
    world.modules.put(replace(world.module, deployment=allowed))
    return world


def send(world: World, **changes: Any) -> Notification:
    """Send a test."""
    values = {"name": "order-ready", "target": "Pigeon", "address": ADDRESS}
    result = send_template_test(world.ports, "caller", TemplateTest(**values | changes))
    [notification] = result.notifications
    return notification


def test_the_latest_version_is_sent_with_its_first_example_and_a_mark(world: World) -> None:
    publish(world)
    publish(world, published=False)

    notification = send(world)
    handed(world, notification)

    use = notification.content.template
    assert use is not None
    assert (use.ref, use.test) == (TemplateRef("order-ready", 2), True)
    assert notification.content.body == "[Test] Your order A-17 is ready."
    [delivery] = world.provider.seen
    assert delivery.address == ADDRESS


def test_a_version_a_locale_and_data_may_be_named(world: World) -> None:
    german = {"sms": {"body": "{{ order }} ist da."}}
    publish(world, content={"en": {"sms": {"body": "{{ order }}"}}, "de": german})
    publish(world)

    notification = send(world, version=1, locale="de-AT", data={"order": "B-1"})

    assert notification.content.body == "[Test] B-1 ist da."


@pytest.mark.parametrize("allowed", [(), ("4712",)])
def test_any_other_address_is_refused_with_the_remedy(
    world: World, allowed: tuple[str, ...]
) -> None:
    publish(world)
    others = DeploymentSettings(allow_list=allowed)
    world.modules.put(replace(world.module, deployment=others))

    with pytest.raises(InvalidInput, match="add it to allow_list in functions/targets") as refused:
        send(world)
    assert [error.field for error in refused.value.fields] == ["to.address"]
    assert not world.notifications.stored


def test_there_is_no_test_without_a_module_or_a_template(world: World) -> None:
    with pytest.raises(NotFound):
        send(world)
    publish(world)
    world.modules.remove("pigeon")
    with pytest.raises(InvalidInput, match="allow_list"):
        send(world)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": 9}, "version"),
        ({"data": {}}, "data.order"),
    ],
)
def test_what_cannot_be_sent_is_named(world: World, changes: dict[str, Any], field: str) -> None:
    publish(world)

    with pytest.raises(InvalidInput) as refused:
        send(world, **changes)
    assert [error.field for error in refused.value.fields] == [field]


def test_an_error_about_the_recipient_names_it_as_the_request_does(world: World) -> None:
    publish(world)

    with pytest.raises(UnknownTarget, match=r"^to\.target: there is no target") as refused:
        send(world, target="Owl")
    assert [error.field for error in refused.value.fields] == ["to.target"]


def test_a_colleague_who_has_opted_out_is_not_written_to(world: World) -> None:
    publish(world)
    world.opt_outs.put(an_opt_out(user=ADDRESS))

    with pytest.raises(OptedOut, match=r"^to: a person with this address has opted out$"):
        send(world)


def test_a_repeated_test_is_sent_once(world: World) -> None:
    publish(world)

    assert send(world, idempotency_key="key").id == send(world, idempotency_key="key").id
