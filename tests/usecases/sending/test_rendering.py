"""Templates are rendered directly before the send, or the delivery is held back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from notification_core.adapters.memory.templates import MemoryTemplates
from notification_core.domain.content import Content
from notification_core.domain.delivery import Delivery, Unsent
from notification_core.domain.failures import Misconfigured, Rejected, Throttled
from notification_core.domain.template_use import LocaleChoice, TemplateUse
from notification_core.domain.templates import TemplateRef, TemplateVersion
from notification_core.ports import Ports
from notification_core.usecases.sending.preflight import recheck_before_send
from notification_core.usecases.sending.rendering import render_all
from tests.builders import (
    World,
    a_delivery,
    a_module,
    a_notification,
    a_template_document,
    a_template_version,
)

SMS = a_module(channel="sms")


def use(**changes: Any) -> TemplateUse:
    """A use of the template `order-ready`."""
    values: dict[str, Any] = {
        "ref": TemplateRef("order-ready", 1),
        "choice": LocaleChoice("en"),
        "data": {"order": "A-17"},
    }
    return TemplateUse(**values | changes)


def store(world: World, **changes: Any) -> TemplateVersion:
    """Store a version of the template."""
    version = a_template_version(**changes)
    assert world.templates.add_version(None, version)
    return version


def rendered(ports: Ports, *deliveries: Delivery, **more: Any) -> list[Delivery | Unsent]:
    """Render for SMS."""
    return recheck_before_send(ports, deliveries, SMS, **more)


def test_a_delivery_gets_the_texts_of_its_template_and_its_locale(world: World) -> None:
    store(world)
    plain = a_delivery()

    templated, same = rendered(world.ports, a_delivery(title="", body="", template=use()), plain)

    assert isinstance(templated, Delivery)
    assert (templated.title, templated.body) == ("", "Your order A-17 is ready.")
    assert (templated.locale, templated.template, templated.text) == ("en", None, None)
    assert same == plain


def test_large_data_is_loaded_before_the_template_is_rendered(world: World) -> None:
    store(world)
    content = Content(title="", body="", template=use(data={"order": "x" * 400}))
    [kept] = world.contents.put([a_notification(content=content)])
    delivery = a_delivery(title="", body="", content_key=kept.key, template=kept.template)

    [result] = rendered(world.ports, delivery)

    assert isinstance(result, Delivery)
    assert result.body == f"Your order {'x' * 400} is ready."


def test_a_target_supplies_variables(world: World) -> None:
    body = "{{ order }}: {{ unsubscribe_url }}"
    store(world, document=a_template_document(content={"en": {"sms": {"body": body}}}))

    [result] = rendered(
        world.ports,
        a_delivery(template=use()),
        variables=lambda delivery: {"unsubscribe_url": f"https://u/{delivery.id}"},
    )

    assert isinstance(result, Delivery)
    assert result.body == f"A-17: https://u/{result.id}"


def test_a_delivery_is_held_back_with_the_failure_of_its_variables(world: World) -> None:
    store(world)
    failure = Misconfigured("no-secret")

    def fail(_: Delivery) -> Mapping[str, Any]:
        raise failure

    assert rendered(world.ports, a_delivery(template=use()), variables=fail) == [Unsent(failure)]


@pytest.mark.parametrize("changes", [{"ref": TemplateRef("order-ready", 2)}, {"data": {}}])
def test_a_missing_version_and_a_failing_template_end_the_notification(
    world: World, changes: dict[str, Any]
) -> None:
    store(world)

    [result] = rendered(world.ports, a_delivery(template=use(**changes)))

    assert isinstance(result, Unsent)
    assert isinstance(result.failure, Rejected)
    assert result.failure.code == "template-error"
    assert "order-ready@" in result.failure.message


class Broken(MemoryTemplates):
    """Cannot be read."""

    def versions(self, refs: Iterable[TemplateRef]) -> dict[TemplateRef, TemplateVersion]:
        raise ConnectionError(f"{len(set(refs))} versions")


def test_a_version_that_cannot_be_read_holds_back_only_what_needs_it(world: World) -> None:
    ports = replace(world.ports, templates=Broken())

    held_back, plain = rendered(ports, a_delivery(template=use()), a_delivery())

    assert isinstance(held_back, Unsent)
    assert isinstance(held_back.failure, Throttled)
    assert held_back.failure.code == "not-checked"
    assert plain == a_delivery()


def test_without_templates_no_version_is_read(world: World) -> None:
    ports = replace(world.ports, templates=Broken())
    deliveries: list[Delivery | Unsent] = [a_delivery(), Unsent()]

    assert render_all(ports, deliveries, SMS, lambda _: {}) == deliveries
