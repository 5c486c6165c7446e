"""The list of templates, one template, its differences and previews, publishing and tests."""

from dataclasses import replace

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.deployment import DeploymentSettings
from notification_core.entrypoints.console.responses import MESSAGE_POLICY
from notification_core.usecases.administration.templates import put_version
from tests.builders import World, a_template_document
from tests.console_world import Browser, ConsoleWorld, text_of
from tests.usecases.templates import publish, text_world

ADDRESS = "4711"
PATH = "/templates/order-ready"
EMAIL = {"subject": "Order {{ order }}", "html": '<p style="color:red">{{ order }}</p>'}


@pytest.fixture
def world() -> World:
    """A world whose module sends SMS, and whose team has one address."""
    world = text_world()
    allowed = DeploymentSettings(allow_list=(ADDRESS,))
    world.modules.put(replace(world.module, deployment=allowed))
    return world


@pytest.fixture
def author(site: ConsoleWorld) -> Browser:
    """The browser of an author."""
    return site.person(Role.AUTHOR)


def published(world: World) -> int | None:
    """Return the version that is published."""
    return world.templates.heads(["order-ready"])["order-ready"].published


def draft(world: World) -> None:
    """Store a version with an error."""
    document = a_template_document(content={"en": {"sms": {"body": "{{ oder }}"}}})
    put_version(world.ports, "order-ready", document, author="ann", note="a draft")


def test_templates_are_listed_with_their_versions(world: World, author: Browser) -> None:
    assert "There are no templates yet." in text_of(author.get("/templates"))
    publish(world)
    publish(world, published=False, category="other")

    text = text_of(author.get("/templates"))

    assert "order-ready orders 1 2 2026-03-01 12:00:00 UTC" in text


def test_a_list_has_a_next_page(world: World, author: Browser) -> None:
    for number in range(51):
        publish(world, name=f"template-{number:02}")

    first = author.get("/templates")
    second = author.get("/templates", next="template-49")

    assert "next=template-49" in first.body
    assert "template-50" not in text_of(first)
    assert "template-50" in text_of(second)


def test_a_template_shows_versions_and_publications(world: World, author: Browser) -> None:
    publish(world)
    draft(world)

    text = text_of(author.get(PATH))

    assert "order-ready version 1 published" in text
    assert "2 2026-03-01 12:00:00 UTC ann a draft draft with errors" in text
    assert "Version 1, by author" in text


def test_a_template_that_does_not_exist_is_not_found(author: Browser) -> None:
    for path in (PATH, f"{PATH}/preview", f"{PATH}/diff", f"{PATH}/message"):
        assert author.get(path).status == 404, path
    assert author.post(f"{PATH}/publish", version="1").status == 404
    assert author.get(f"{PATH}/edit").status == 200
    assert author.get("/templates/NO/edit").status == 422


def test_a_new_template_opens_in_the_editor(author: Browser) -> None:
    assert author.get("/new-template", name="order-ready").location == f"{PATH}/edit"
    assert author.get("/new-template", name="Order Ready").status == 422


def test_a_publication_and_a_roll_back_are_logged(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    publish(world, published=False, max_segments=2)

    page = author.post(f"{PATH}/publish", version="2", reason="reviewed by Ben")
    assert (page.status, page.location, published(world)) == (303, PATH, 2)
    assert ">Roll back<" in author.get(PATH).body
    author.post(f"{PATH}/publish", version="1", reason="a mistake")

    assert published(world) == 1
    assert [(entry.action, entry.subject, entry.reason, entry.outcome) for entry in site.audit] == [
        (
            "publish-template",
            "template order-ready@2",
            "reviewed by Ben",
            "published; before it, version 1 was",
        ),
        (
            "publish-template",
            "template order-ready@1",
            "a mistake",
            "published; before it, version 2 was",
        ),
    ]
    head = world.templates.heads(["order-ready"])["order-ready"]
    assert head.publications[-1].author == "console: ada@example.com"
    assert head.publications[-1].note == "a mistake"


def test_a_draft_is_not_published_and_its_errors_are_listed(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    draft(world)

    page = author.post(f"{PATH}/publish", version="2")

    assert page.status == 422
    assert "content.en.sms.body : line 1:" in text_of(page)
    assert published(world) == 1
    [entry] = site.audit
    assert entry.outcome.startswith("refused: order-ready@2 has 1 error")


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "3", "9" * 30, "\u0661"])
def test_a_version_that_does_not_exist_is_refused(
    world: World, author: Browser, version: str
) -> None:
    publish(world)

    assert author.post(f"{PATH}/publish", version=version).status == 422
    assert published(world) == 1


def test_a_reason_that_is_longer_than_a_note_publishes_nothing(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world, published=False)

    assert author.post(f"{PATH}/publish", version="1", reason="x" * 201).status == 422
    assert (published(world), site.audit) == (None, [])


def test_two_versions_are_compared(world: World, author: Browser) -> None:
    publish(world)
    publish(world, content={"en": {"sms": {"body": "Order {{ order }}: <done>"}}})

    page = author.get(f"{PATH}/diff", **{"from": "1", "to": "2"})

    assert "<del>-Your order {{ order }} is ready.</del>" in page.body
    assert "<ins>+Order {{ order }}: &lt;done&gt;</ins>" in page.body
    same = author.get(f"{PATH}/diff", **{"from": "2", "to": "2"})
    assert "They do not differ." in text_of(same)
    assert author.get(f"{PATH}/diff", **{"from": "9"}).status == 422


def test_a_preview_shows_every_channel_and_language(world: World, author: Browser) -> None:
    push = {"title": "Ready", "body": "Order {{ order }}"}
    arabic = {"sms": {"body": "{{ order }} \u062c\u0627\u0647\u0632"}}
    publish(
        world,
        content={
            "en": {"email": EMAIL, "sms": {"body": "{{ order }}"}, "push": push},
            "ar": arabic,
        },
        partial=["ar"],
        examples=[{"order": "A-17"}, {"order": "B-2"}],
    )

    page = author.get(f"{PATH}/preview", example="2")
    text = text_of(page)

    assert "Order B-2" in text
    assert "1 SMS segment (GSM-7), 3 units" in text
    assert "Ready Order B-2" in text
    assert 'class="bubble" lang="ar" dir="rtl"' in page.body
    assert "1 SMS segment (UCS-2" in text
    assert '<iframe title="The e-mail in en, without remote images" sandbox=""' in page.body
    assert "message?version=1&amp;example=2&amp;locale=en" in page.body
    assert author.get(f"{PATH}/preview", example="3").status == 422


def test_an_e_mail_has_an_address_and_a_policy_of_its_own(world: World, author: Browser) -> None:
    publish(world, content={"en": {"email": EMAIL}})

    page = author.get(f"{PATH}/message", locale="en")

    assert ">A-17</p>" in page.body
    assert page.headers["Content-Security-Policy"] == MESSAGE_POLICY
    assert page.headers["Cache-Control"] == "no-store"
    assert author.get(f"{PATH}/message", locale="de").status == 404
    assert author.get(f"{PATH}/message").status == 422


def test_a_preview_of_a_draft_says_what_is_wrong(world: World, author: Browser) -> None:
    draft(world)

    text = text_of(author.get(f"{PATH}/preview"))

    assert "It cannot be shown content.en.sms.body" in text


def test_a_test_is_sent_to_an_allowed_address_and_logged(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)
    assert f"<option>{ADDRESS}</option>" in author.get(PATH).body

    page = author.post(
        f"{PATH}/test",
        version="1",
        target=world.target.id,
        address=ADDRESS,
        locale="en",
        reason="layout",
    )

    assert (page.status, page.location) == (303, PATH)
    [notification] = world.notifications.stored.values()
    use = notification.content.template
    assert use is not None
    assert use.test
    [entry] = site.audit
    assert (entry.action, entry.subject, entry.reason) == (
        "test-template",
        "template order-ready@1",
        "layout",
    )
    assert notification.id in entry.outcome
    assert ADDRESS not in entry.outcome


def test_a_test_to_another_address_is_refused(
    world: World, site: ConsoleWorld, author: Browser
) -> None:
    publish(world)

    page = author.post(f"{PATH}/test", version="1", target=world.target.id, address="4712")

    assert page.status == 422
    assert "is not on the list of addresses for tests" in text_of(page)
    assert world.notifications.stored == {}
    [entry] = site.audit
    assert entry.outcome.startswith("refused:")
