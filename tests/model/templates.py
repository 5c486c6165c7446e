"""The template of the model, whose text says which version it is of."""

from typing import Any

from notification_core.domain.content import Content
from notification_core.domain.templates import Publication
from notification_core.ports import Ports
from tests.builders import a_template_document, a_template_version

NAME = "model"
#: The fields of a request with the template, instead of its texts.
FIELDS: dict[str, Any] = {"template": NAME, "data": {"order": "17"}, "title": None, "body": None}


def publish(ports: Ports) -> None:
    """Publish another version."""
    head = ports.templates.get(NAME)
    number = head.latest + 1 if head else 1
    content = {"en": {"model": {"body": f"version {number} for {{{{ order }}}}"}}}
    version = a_template_version(
        name=NAME,
        version=number,
        document=a_template_document(category=None, content=content),
    )
    assert ports.templates.add_version(head, version)
    before = ports.templates.heads([NAME])[NAME]
    publication = Publication(version=number, author="author", note="", at=version.created_at)
    assert ports.templates.publish(before, before.with_publication(publication, None))


def text_of(content: Content) -> str:
    """Return the text that has to be sent: that of the version that was pinned."""
    use = content.template
    return content.body if use is None else f"version {use.ref.version} for {use.data['order']}"
