"""What every TemplateStore does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.dynamodb.models import TemplateVersionItem
from notification_core.adapters.template_bodies import INLINE_BYTES
from notification_core.domain.templates import Publication, Template, TemplateRef, TemplateVersion
from notification_core.ports import Ports
from tests.builders import NOON, a_template_document, a_template_version

LATER = NOON + timedelta(seconds=1)


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t-{uuid4()}"


def noise(length: int) -> str:
    """A text that cannot be compressed much."""
    return "".join(uuid4().hex for _ in range(length // 32 + 1))[:length]


def with_version(ports: Ports, name: str, **changes: object) -> TemplateVersion:
    """Add the next version of a template."""
    head = ports.templates.get(name)
    number = head.latest + 1 if head else 1
    version = a_template_version(name=name, version=number, **changes)
    assert ports.templates.add_version(head, version)
    return version


def head_of(ports: Ports, name: str) -> Template:
    """Read the head."""
    head = ports.templates.get(name)
    assert head is not None
    return head


def publication(version: int) -> Publication:
    """A publication at noon."""
    return Publication(version=version, author="arn:caller", note="", at=NOON)


def publish(ports: Ports, name: str, version: int) -> None:
    """Publish a version."""
    head = head_of(ports, name)
    assert ports.templates.publish(head, head.with_publication(publication(version), "orders"))


def remove(ports: Ports, name: str) -> None:
    """Remove a template."""
    head = head_of(ports, name)
    assert ports.templates.remove(head, head.removed(LATER))


def test_a_version_and_its_head_are_read_back(ports: Ports, name: str) -> None:
    version = with_version(ports, name)

    assert ports.templates.versions([version.ref]) == {version.ref: version}
    [head] = ports.templates.heads([name, f"{name}-other"]).values()
    assert head == replace(Template.created(version), revision=1)
    assert ports.templates.get(name) == head


def test_a_large_version_is_read_back_too(ports: Ports, name: str) -> None:
    body = noise(4 * INLINE_BYTES)
    document = a_template_document(content={"en": {"sms": {"body": body}}})

    version = with_version(ports, name, document=document)

    assert ports.templates.versions([version.ref]) == {version.ref: version}


def test_a_draft_is_compiled_once(ports: Ports, name: str) -> None:
    compiled = a_template_version(name=name).compiled
    draft = with_version(ports, name, compiled=None)
    assert ports.templates.versions([draft.ref])[draft.ref].compiled is None

    assert ports.templates.save_compiled(replace(draft, compiled=compiled))

    assert ports.templates.versions([draft.ref])[draft.ref].compiled == compiled
    assert not ports.templates.save_compiled(replace(draft, compiled=compiled))


def test_a_large_draft_is_compiled(ports: Ports, name: str) -> None:
    document = a_template_document(content={"en": {"sms": {"body": noise(4 * INLINE_BYTES)}}})
    version = a_template_version(name=name, document=document)
    with_version(ports, name, document=document, compiled=None)

    assert ports.templates.save_compiled(version)

    assert ports.templates.versions([version.ref]) == {version.ref: version}


def test_of_two_authors_one_must_read_again(ports: Ports, name: str) -> None:
    with_version(ports, name)
    head = head_of(ports, name)
    first = a_template_version(name=name, version=2, note="first")
    second = a_template_version(name=name, version=2, note="second")

    assert ports.templates.add_version(head, first)
    assert not ports.templates.add_version(head, second)
    assert not ports.templates.add_version(None, replace(second, version=1))

    assert ports.templates.versions([first.ref])[first.ref].note == "first"


def test_a_publication_counts_at_once_and_a_version_keeps_its_first_one(
    ports: Ports, name: str
) -> None:
    first, _ = with_version(ports, name), with_version(ports, name)
    publish(ports, name, 1)
    before = head_of(ports, name)
    later = replace(publication(1), at=LATER)
    publish(ports, name, 2)
    head = head_of(ports, name)
    assert ports.templates.publish(head, head.with_publication(later, None))

    assert ports.templates.heads([name])[name].published == 1
    assert not ports.templates.publish(before, before.with_publication(publication(2), None))
    [newest, oldest] = ports.templates.list_versions(head, 10).items
    assert (newest.version, newest.published_at) == (2, NOON)
    assert oldest == replace(first, published_at=NOON).summary
    assert [each.version for each in head_of(ports, name).publications] == [1, 2, 1]


def test_versions_are_listed_newest_first_page_by_page(ports: Ports, name: str) -> None:
    for _ in range(5):
        with_version(ports, name)
    head, listed = head_of(ports, name), list[int]()
    before: int | None = None
    for _ in range(3):
        page = ports.templates.list_versions(head, 2, before)
        listed += [version.version for version in page.items]
        before = int(page.next) if page.next else None

    assert listed == [5, 4, 3, 2, 1]
    assert before is None
    assert ports.templates.list_versions(head, 2, before=1).items == []


def test_templates_are_listed_by_name_page_by_page(ports: Ports) -> None:
    prefix = f"a-{uuid4()}"
    names = [f"{prefix}-{number}" for number in range(3)]
    for name in reversed(names):
        with_version(ports, name)
    remove(ports, names[1])
    listed, after, pages = list[str](), f"{prefix}-", 0
    while after.startswith(prefix) and pages < 5:
        page = ports.templates.list_heads(1, after)
        listed += [head.name for head in page.items]
        after, pages = page.next or "", pages + 1

    assert [name for name in listed if name in names] == [names[0], names[2]]


def test_a_removed_template_is_no_longer_found_but_its_versions_are_readable(
    ports: Ports, name: str
) -> None:
    document = a_template_document(content={"en": {"sms": {"body": noise(4 * INLINE_BYTES)}}})
    small, large = with_version(ports, name), with_version(ports, name, document=document)
    before = head_of(ports, name)
    remove(ports, name)

    assert ports.templates.heads([name]) == {}
    assert not head_of(ports, name).exists
    assert ports.templates.versions([small.ref, large.ref]) == {small.ref: small, large.ref: large}
    assert not ports.templates.remove(before, before.removed(NOON))
    ports.templates.expire(head_of(ports, name))
    assert ports.templates.versions([large.ref]) == {large.ref: large}


def test_a_template_that_is_created_again_continues_the_numbers(ports: Ports, name: str) -> None:
    with_version(ports, name)
    remove(ports, name)

    again = with_version(ports, name)

    assert again.version == 2
    head = ports.templates.heads([name])[name]
    assert not head.has(1)
    assert head.has(2)
    assert [version.version for version in ports.templates.list_versions(head, 9).items] == [2]
    assert ports.templates.versions([TemplateRef(name, 1)])


def test_nothing_is_read_for_no_names(ports: Ports) -> None:
    assert ports.templates.heads([]) == {}
    assert ports.templates.versions([]) == {}


@pytest.mark.parametrize("write", ["publish", "add_version"])
def test_of_many_who_write_at_the_same_time_one_succeeds(
    ports: Ports, name: str, write: str
) -> None:
    with_version(ports, name)
    head = head_of(ports, name)
    calls: dict[str, Callable[[int], bool]] = {
        "publish": lambda number: ports.templates.publish(
            head, head.with_publication(replace(publication(1), note=str(number)), None)
        ),
        "add_version": lambda number: ports.templates.add_version(
            head, a_template_version(name=name, version=2, note=str(number))
        ),
    }
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(calls[write], range(8)))

    assert results.count(True) == 1


def test_a_removal_prevails_over_the_compiling_of_a_draft(aws: Ports, name: str) -> None:
    draft = with_version(aws, name, compiled=None)
    client: Any = TemplateVersionItem._get_connection().connection._client
    events = client.meta.events

    def remove_first(**_: object) -> None:
        events.unregister("before-call.dynamodb.PutItem", remove_first)
        remove(aws, name)

    events.register("before-call.dynamodb.PutItem", remove_first)
    compiled = a_template_version(name=name).compiled

    assert not aws.templates.save_compiled(replace(draft, compiled=compiled))
    assert TemplateVersionItem.get(name, 1).expires_at is not None
    assert aws.templates.versions([draft.ref]) == {draft.ref: draft}
