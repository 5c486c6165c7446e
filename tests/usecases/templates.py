"""Published templates for the tests of use cases."""

from typing import Any

from notification_core.domain.templates import Publication, TemplateVersion
from tests.builders import NOON, World, a_module, a_template_document, a_template_version

AUTHOR = "arn:aws:iam::123456789012:user/author"

#: The world's module, as one that sends SMS.
SMS = {"channel": "sms", "markup": "none"}


def publish(
    world: World, *, name: str = "order-ready", published: bool = True, **document: Any
) -> TemplateVersion:
    """Store the next version of a template, and publish it."""
    head = world.templates.get(name)
    version = a_template_version(
        name=name,
        version=head.latest + 1 if head else 1,
        document=a_template_document(**document),
    )
    assert world.templates.add_version(head, version)
    if published:
        before = world.templates.heads([name])[name]
        publication = Publication(version=version.version, author=AUTHOR, note="", at=NOON)
        after = before.with_publication(publication, version.document.category)
        assert world.templates.publish(before, after)
    return version


def text_world(**changes: Any) -> World:
    """A world whose module sends SMS."""
    return World(module=a_module(**SMS | changes))
