"""Which version of a template a request gets, and what to do if it gets none."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from notification_core.adapters.memory.templates import MemoryTemplates
from notification_core.domain.errors import InvalidInput
from notification_core.domain.templates import Template, TemplateRef, TemplateVersion
from notification_core.domain.user_settings import UserSettings
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule, schedule_all
from tests.builders import World, a_template_document, a_template_version
from tests.usecases.templates import publish, text_world

LAYOUT = {"en": {"email": {"html": "<body>{{ content }}</body>"}}}


def a_request(template: str = "order-ready", user: str = "eggs") -> Draft:
    """A request with a template."""
    return Draft(user=user, template=template, data={"order": "A-17"})


def ref_of(world: World, template: str) -> TemplateRef:
    """Return the version that a request gets."""
    [notification] = schedule(world.ports, "caller", a_request(template)).notifications
    assert notification.content.template is not None
    return notification.content.template.ref


def test_a_name_means_the_published_version_and_a_number_that_version() -> None:
    world = text_world()
    publish(world)
    publish(world)
    publish(world, published=False)

    assert ref_of(world, "order-ready") == TemplateRef("order-ready", 2)
    assert ref_of(world, "order-ready@1") == TemplateRef("order-ready", 1)
    assert ref_of(world, "order-ready@3") == TemplateRef("order-ready", 3)


def test_a_publication_counts_for_the_next_request_and_not_for_earlier_ones() -> None:
    world = text_world()
    publish(world)
    [before] = schedule(world.ports, "caller", a_request()).notifications

    publish(world)

    assert ref_of(world, "order-ready").version == 2
    use = world.stored(before).content.template
    assert use is not None
    assert use.ref.version == 1


@pytest.mark.parametrize(
    ("template", "remedy"),
    [
        ("unknown", "there is no template unknown"),
        ("order-ready@9", "the latest version is order-ready@1"),
        ("unpublished", "POST /templates/unpublished/publish"),
        ("broken@1", "GET /templates/broken/versions/1 lists them"),
        ("layout", "is a layout"),
        ("Order Ready", "order-shipped@7"),
        ("order-ready@0", "order-shipped@7"),
    ],
)
def test_a_template_that_cannot_be_used_is_rejected_with_the_remedy(
    template: str, remedy: str
) -> None:
    world = text_world()
    publish(world)
    publish(world, name="unpublished", published=False)
    publish(world, name="layout", content=LAYOUT, schema={"type": "object"}, examples=[])
    broken = a_template_version(name="broken", compiled=None)
    assert world.templates.add_version(None, broken)

    with pytest.raises(InvalidInput) as caught:
        schedule(world.ports, "caller", a_request(template))

    [field] = caught.value.fields
    assert field.field == "template"
    assert remedy in field.message
    assert world.notifications.stored == {}


def test_a_removed_template_is_unknown() -> None:
    world = text_world()
    publish(world)
    head = world.templates.heads(["order-ready"])["order-ready"]
    assert world.templates.remove(head, head.removed(world.watch()))

    with pytest.raises(InvalidInput, match="there is no template order-ready"):
        schedule(world.ports, "caller", a_request())


class Counted(MemoryTemplates):
    """Counts its reads."""

    reads = 0

    def heads(self, names: Iterable[str]) -> dict[str, Template]:
        self.reads += 1
        return super().heads(names)

    def versions(self, refs: Iterable[TemplateRef]) -> dict[TemplateRef, TemplateVersion]:
        self.reads += 1
        return super().versions(refs)


def test_a_batch_reads_heads_versions_and_settings_once() -> None:
    world = text_world()
    templates = Counted()
    world.templates = templates
    publish(world)
    ports = replace(world.ports, templates=templates)
    world.add_record(user="ham")
    settings = list[list[str]]()
    read = world.user_settings.get

    def get(users: Iterable[str]) -> dict[str, UserSettings]:
        settings.append(sorted(users))
        return read(users)

    world.user_settings.get = get  # type: ignore[method-assign]
    templates.reads = 0

    results = schedule_all(
        ports, "caller", [a_request(user=user) for user in ("eggs", "ham", "eggs")]
    )

    assert len(results) == 3
    assert settings == [["eggs", "ham"]]
    # The third read is for the responses.
    assert templates.reads == 2 + len(results)


def test_a_request_without_a_template_reads_none(world: World) -> None:
    templates = Counted()
    draft = Draft(user="eggs", title="t", body="b")

    assert schedule(replace(world.ports, templates=templates), "caller", draft).created
    assert templates.reads == 0


def test_a_repeated_request_completes_its_siblings_with_the_version_of_the_first() -> None:
    """The first request crashed after its lead, and another version was published since."""
    world = text_world()
    world.add_record(target_user_id="456")
    publish(world)
    draft = replace(a_request(), idempotency_key="key")
    first = schedule(world.ports, "caller", draft)
    lead, sibling = first.notifications
    del world.notifications.stored[sibling.id]
    publish(world, content={"en": {"sms": {"body": "Another text."}}}, schema={"type": "object"})

    again = schedule(world.ports, "caller", draft)

    assert not again.created
    assert [shown.id for shown in again.notifications] == [lead.id, sibling.id]
    assert {shown.content.body for shown in again.notifications} == {"Your order A-17 is ready."}
    stored = world.notifications.stored[sibling.id].content.template
    assert stored is not None
    assert stored.ref == TemplateRef("order-ready", 1)


def test_a_document_of_another_name_is_not_mixed_up() -> None:
    world = text_world()
    publish(world)
    publish(world, name="other", **a_template_document().as_fields() | {"category": "news"})

    [notification] = schedule(world.ports, "caller", a_request("other")).notifications

    assert notification.category == "news"
