"""Versions of templates are listed and compared."""

from typing import Any

import pytest

from notification_content.templates.diff import ChangeKind
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.usecases.administration.templates import publish, put_version
from notification_core.usecases.queries.templates import (
    diff,
    list_templates,
    list_versions,
    read_version,
)
from tests.builders import World, a_template_document

NAME = "order-ready"


def put(world: World, text: str, **changes: Any) -> None:
    """Store a version."""
    document = a_template_document(content={"en": {"sms": {"body": text}}}, **changes)
    put_version(world.ports, NAME, document, author="ann")


def test_versions_are_listed_newest_first(world: World) -> None:
    for number in range(3):
        put(world, f"{number} {{{{ order }}}}")

    first = list_versions(world.ports, NAME, 2, None)
    second = list_versions(world.ports, NAME, 2, first.next)

    assert [version.version for version in first.items + second.items] == [3, 2, 1]
    assert second.next is None
    assert [head.name for head in list_templates(world.ports, 9, None).items] == [NAME]


@pytest.mark.parametrize("token", ["x", "-1", "٣", ""])
def test_any_other_token_is_refused(world: World, token: str) -> None:
    put(world, "{{ order }}")

    with pytest.raises(InvalidInput, match="next: is not a token"):
        list_versions(world.ports, NAME, 2, token)


def test_a_version_is_read_with_the_time_of_its_publication(world: World) -> None:
    put(world, "{{ order }}")
    publish(world.ports, NAME, 1, author="ann")

    read, errors = read_version(world.ports, NAME, 1)
    assert (read.published_at, errors) == (world.watch(), ())
    for name, version in ((NAME, 2), ("other", 1)):
        with pytest.raises(NotFound):
            read_version(world.ports, name, version)


def test_the_published_version_is_compared_with_the_latest(world: World) -> None:
    put(world, "{{ order }}")
    publish(world.ports, NAME, None, author="ann")
    for text in ("1 {{ order }}", "2 {{ order }}"):
        put(world, text)

    before, after, differences = diff(world.ports, NAME, None, None)

    assert (before.version, after.version) == (1, 3)
    [change] = differences.changes
    assert (change.field, change.kind) == ("content.en.sms.body", ChangeKind.CHANGED)


def test_a_draft_is_compared_with_the_version_before_it(world: World) -> None:
    put(world, "{{ order }}")
    only, same, nothing = diff(world.ports, NAME, None, None)
    put(world, "2 {{ order }}")
    before, after, _ = diff(world.ports, NAME, None, None)

    assert (only.version, same.version, nothing.changes) == (1, 1, ())
    assert (before.version, after.version) == (1, 2)


def test_a_draft_is_read_with_its_errors(world: World) -> None:
    put(world, "{{ oder }}")

    version, errors = read_version(world.ports, NAME, 1)

    assert version.compiled is None
    assert [error.field for error in errors] == ["content.en.sms.body"]


@pytest.mark.parametrize(("before", "after", "field"), [(7, None, "from"), (None, 7, "to")])
def test_a_version_that_does_not_exist_is_not_compared(
    world: World, before: int | None, after: int | None, field: str
) -> None:
    put(world, "{{ order }}")

    with pytest.raises(InvalidInput) as refused:
        diff(world.ports, NAME, before, after)
    assert refused.value.fields[0].field == field
