"""The head of a template, and references to versions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.errors import InvalidInput
from notification_core.domain.templates import (
    PUBLICATIONS,
    Publication,
    Template,
    TemplateRef,
    parse_reference,
)
from tests.builders import NOON, a_template_document, a_template_version

LATER = NOON + timedelta(hours=1)


def a_head(latest: int = 1) -> Template:
    """A template that is not published."""
    return replace(Template.created(a_template_version()), latest=latest)


def test_a_reference_is_printed_as_it_is_read() -> None:
    ref = TemplateRef("order-shipped", 7)

    assert str(ref) == "order-shipped@7"
    assert TemplateRef.of(str(ref)) == ref
    assert parse_reference("order-shipped@7") == ("order-shipped", 7)
    assert parse_reference("order-shipped") == ("order-shipped", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Order",
        "-order",
        "order@",
        "order@0",
        "order@-1",
        "order@x",
        "o" * 65,
        "a b",
        "é",
        "a@٣",
    ],
)
def test_any_other_text_is_not_a_reference(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^content.x: must be a template's name"):
        parse_reference(text, "content.x")


def test_a_name_alone_does_not_refer_to_a_version() -> None:
    with pytest.raises(ValueError, match="names no version"):
        TemplateRef.of("order-shipped")


def test_a_new_template_has_one_version_and_publishes_none() -> None:
    head = Template.created(a_template_version())

    assert head.exists
    assert (head.first, head.latest, head.published) == (1, 1, None)
    assert [head.has(version) for version in (0, 1, 2)] == [False, True, False]
    assert head.category == "orders"


def test_a_version_changes_the_category_only_while_none_is_published() -> None:
    document = a_template_document(category="security")
    version = a_template_version(version=2, document=document, created_at=LATER)
    draft = a_head().with_version(version)
    published = replace(a_head(), published=1).with_version(version)

    assert (draft.category, draft.latest, draft.updated_at) == ("security", 2, LATER)
    assert (published.category, published.latest) == ("orders", 2)


def test_a_head_remembers_the_last_publications() -> None:
    head = a_head(latest=2)
    for count in range(PUBLICATIONS + 2):
        publication = Publication(version=1 + count % 2, author="me", note=str(count), at=LATER)
        head = head.with_publication(publication, "orders")

    assert head.published == 2
    assert [each.note for each in head.publications] == [str(n) for n in range(2, PUBLICATIONS + 2)]
    assert head.updated_at == LATER


def test_a_removed_template_has_no_version_and_continues_the_numbers() -> None:
    head = replace(a_head(latest=3), published=2, revision=8)
    removed = head.removed(LATER)
    again = removed.with_version(a_template_version(version=4, created_at=LATER))

    assert not removed.exists
    assert removed.published is None
    assert not any(removed.has(version) for version in range(6))
    assert (again.first, again.latest, again.revision) == (4, 4, 8)
    assert again.created_at == LATER
    assert not again.has(3)


def test_a_summary_says_whether_the_version_is_compiled() -> None:
    version = a_template_version()

    assert version.summary.is_compiled
    assert version.summary.digest == version.document.digest
    assert not replace(version, compiled=None).summary.is_compiled
    assert replace(version, compiled=None).layouts == {}
