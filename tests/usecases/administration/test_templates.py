"""Versions of templates are stored and published."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.errors import InvalidInput, NotFound, Unavailable
from notification_core.domain.templates import TemplateRef, TemplateVersion
from notification_core.usecases.administration import templates
from notification_core.usecases.administration.templates import (
    StoredVersion,
    get_template,
    get_version,
    publish,
    put_version,
)
from tests.builders import NOON, World, a_module, a_template_document

BROKEN = {"en": {"sms": {"body": "Your order {{ oder }} is ready."}}}
LAYOUT = {"en": {"email": {"html": "<html><body><p>Shop</p>{{ content }}</body></html>"}}}
WITH_LAYOUT = {
    "en": {
        "email": {
            "subject": "Order {{ order }}",
            "html": '<p>{{ order }}</p>{% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">'
            "Stop</a>{% endif %}",
            "layout": "brand",
        }
    }
}


def put(world: World, name: str = "order-ready", **changes: Any) -> StoredVersion:
    """Store a version."""
    document = a_template_document(**changes)
    return put_version(world.ports, name, document, author="ann", note="as asked")


def body(text: str) -> dict[str, Any]:
    """The content of an SMS."""
    return {"en": {"sms": {"body": text}}}


def publish_layout(world: World) -> None:
    """Store and publish the layout."""
    put(world, "brand", content=LAYOUT, schema={"type": "object"}, examples=[])
    publish(world.ports, "brand", None, author="ann")


def stored(world: World, ref: TemplateRef) -> TemplateVersion:
    """Read a version back."""
    return world.templates.versions([ref])[ref]


def test_each_document_is_a_version_with_author_time_and_note(world: World) -> None:
    first = put(world)
    world.watch.forward(hours=1)
    second = put(world, content=body("{{ order }}: ready."))

    assert (first.is_new, first.errors) == (True, ())
    assert [first.version.version, second.version.version] == [1, 2]
    assert stored(world, second.version.ref) == second.version
    assert (second.version.author, second.version.note) == ("ann", "as asked")
    assert (first.version.created_at, second.version.created_at) == (NOON, world.watch())
    assert get_template(world.ports, "order-ready").published is None


def test_a_document_that_equals_the_latest_version_is_not_stored_again(world: World) -> None:
    first, again = put(world), put(world)
    put(world, content=body("{{ order }}: ready."))
    back = put(world)

    assert not again.is_new
    assert again.version == first.version
    assert (back.is_new, back.version.version) == (True, 3)


def test_a_draft_with_errors_is_stored_and_cannot_be_published(world: World) -> None:
    put(world)
    publish(world.ports, "order-ready", None, author="ann")
    draft = put(world, content=BROKEN)

    assert draft.version.version == 2
    assert draft.version.compiled is None
    assert [problem.field for problem in draft.errors] == ["content.en.sms.body"]
    with pytest.raises(InvalidInput, match="order-ready@2 has 1 error; correct") as refused:
        publish(world.ports, "order-ready", None, author="ann")
    assert [each.field for each in refused.value.fields] == ["content.en.sms.body"]
    assert "`oder`" in refused.value.fields[0].message
    assert get_template(world.ports, "order-ready").published == 1


def test_an_older_version_is_published_again_and_both_are_recorded(world: World) -> None:
    put(world)
    put(world, content=body("{{ order }}: ready."))
    publish(world.ports, "order-ready", None, author="ann", note="new text")
    world.watch.forward(hours=1)
    head = publish(world.ports, "order-ready", 1, author="bob", note="back")

    assert head == get_template(world.ports, "order-ready")
    assert head.published == 1
    assert [(each.version, each.author, each.note) for each in head.publications] == [
        (2, "ann", "new text"),
        (1, "bob", "back"),
    ]
    assert head.publications[1].at == world.watch()


def test_publishing_what_is_published_changes_nothing(world: World) -> None:
    put(world)
    first = publish(world.ports, "order-ready", 1, author="ann")

    assert publish(world.ports, "order-ready", None, author="bob") == first


def test_a_template_or_version_that_does_not_exist_cannot_be_published(world: World) -> None:
    with pytest.raises(NotFound, match="there is no template order-ready"):
        publish(world.ports, "order-ready", None, author="ann")
    put(world)
    with pytest.raises(InvalidInput, match="order-ready has no version 2; it has 1"):
        publish(world.ports, "order-ready", 2, author="ann")
    put(world, content=body("{{ order }}: ready."))
    with pytest.raises(InvalidInput, match="it has 1 to 2"):
        get_version(world.ports, get_template(world.ports, "order-ready"), 9)


@pytest.mark.parametrize("name", ["", "Order", "-order", "a" * 65, "a/b", "a@1"])
def test_a_name_has_lower_case_letters_digits_and_hyphens(world: World, name: str) -> None:
    with pytest.raises(InvalidInput, match=r"^name: must be 1 to 64 lower-case"):
        put(world, name)
    with pytest.raises(NotFound):
        get_template(world.ports, name)


def test_a_layout_is_merged_as_it_is_published_when_the_version_is_compiled(world: World) -> None:
    missing = put(world, content=WITH_LAYOUT)
    assert missing.version.compiled is None
    assert [problem.field for problem in missing.errors] == ["content.en.email.layout"]

    publish_layout(world)
    publish(world.ports, "order-ready", 1, author="ann")

    version = stored(world, missing.version.ref)
    assert version.layouts == {"brand": 1}
    assert version.compiled is not None
    assert "Shop" in version.compiled.content["en"]["email"]["html"]


def test_an_unchanged_draft_is_compiled_once_its_layout_is_published(world: World) -> None:
    put(world, content=WITH_LAYOUT)
    publish_layout(world)

    again = put(world, content=WITH_LAYOUT)

    assert (again.is_new, again.errors, again.version.version) == (False, (), 1)
    assert stored(world, again.version.ref).layouts == {"brand": 1}


def test_an_email_of_a_mandatory_category_needs_no_unsubscribe_link(world: World) -> None:
    email = {"en": {"email": {"subject": "Code", "html": "<p>{{ order }}</p>"}}}
    optional = put(world, content=email)
    world.modules.put(a_module(mandatory_categories=frozenset({"security"})))
    mandatory = put(world, content=email, category="security")

    assert [problem.field for problem in optional.errors] == ["content.en.email.html"]
    assert mandatory.errors == ()


def test_the_same_content_is_a_new_version_once_its_layout_has_changed(world: World) -> None:
    publish_layout(world)
    first = put(world, content=WITH_LAYOUT)
    changed = {"en": {"email": {"html": "<html><body>{{ content }}<p>Bye</p></body></html>"}}}
    put(world, "brand", content=changed, schema={"type": "object"}, examples=[])
    assert not put(world, content=WITH_LAYOUT).is_new

    publish(world.ports, "brand", 2, author="ann")
    second = put(world, content=WITH_LAYOUT)

    assert (second.is_new, second.version.version) == (True, 2)
    assert (first.version.layouts, second.version.layouts) == ({"brand": 1}, {"brand": 2})


def test_a_version_that_its_layout_makes_too_large_is_a_draft(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_layout(world)
    fits = put(world, content=WITH_LAYOUT)
    monkeypatch.setattr(templates, "MAX_COMPILED", 50)
    large = put(world, content=WITH_LAYOUT, category="other")

    assert fits.version.compiled is not None
    assert large.version.compiled is None
    [error] = large.errors
    assert error.field == "content"
    assert "characters with its layouts; at most 50 are allowed" in error.message


def test_authors_at_the_same_moment_each_get_a_version_of_their_own(world: World) -> None:
    texts = [f"{number}: {{{{ order }}}}" for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda text: put(world, content=body(text)), texts))

    assert sorted(result.version.version for result in results) == list(range(1, 9))
    kept = {stored(world, result.version.ref).document.digest for result in results}
    assert len(kept) == len(texts)


def test_a_template_that_always_changes_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world)
    monkeypatch.setattr(world.templates, "publish", lambda *_: False)

    with pytest.raises(Unavailable):
        publish(world.ports, "order-ready", 1, author="ann")


def test_two_who_compile_a_draft_use_one_compiled_form(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = put(world, content=WITH_LAYOUT).version
    publish_layout(world)
    save = world.templates.save_compiled

    def other_first(version: TemplateVersion) -> bool:
        monkeypatch.setattr(world.templates, "save_compiled", save)
        assert version.compiled is not None
        save(replace(version, compiled=replace(version.compiled, layouts={"brand": 9})))
        return save(version)

    monkeypatch.setattr(world.templates, "save_compiled", other_first)
    publish(world.ports, "order-ready", 1, author="ann")

    assert stored(world, draft.ref).layouts == {"brand": 9}
