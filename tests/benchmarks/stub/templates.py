"""A template for e-mails with a layout of 60 KB, published, as the items of its table."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from notification_content.templates.compiling import compile_template
from notification_content.templates.document import TemplateDocument
from notification_core.adapters.dynamodb.tables.template_items import head_item, version_item
from notification_core.adapters.template_bodies import INLINE_BYTES, body_of
from notification_core.domain.clock import utc_now
from notification_core.domain.templates import Publication, Template, TemplateVersion
from tests.benchmarks.figures import BenchError
from tests.benchmarks.stub.sizes import Item

NAME, LAYOUT = "order-shipped", "shop"
#: The size of the layout in bytes.
LAYOUT_BYTES = 60 * 1024

AUTHOR = "arn:aws:iam::123456789012:user/bench"

_ROW = (
    '<tr><td style="padding:4px 12px;font:14px/1.5 sans-serif;color:#{color:06x}">'
    '<a href="https://shop.example/{number}">Department {number}</a></td></tr>\n'
)
_LINK = '{% if unsubscribe_url %}<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>{% endif %}'
_CONTENT = """<h1>Your order {{ order.id }} is on its way</h1>
<table>{% for line in order.lines %}<tr><td>{{ line.name }}</td><td>{{ line.quantity }}</td></tr>
{% endfor %}</table>"""

#: The data of one message: as many bytes as an item may hold.
DATA = {
    "order": {
        "id": "A-17",
        "lines": [{"name": f"Article {number:03}", "quantity": number} for number in range(7)],
    }
}

_SCHEMA = {
    "type": "object",
    "properties": {
        "order": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "lines": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "quantity": {"type": "integer"},
                        },
                        "required": ["name", "quantity"],
                    },
                },
            },
            "required": ["id", "lines"],
        }
    },
    "required": ["order"],
    "examples": [DATA],
}


def layout() -> TemplateDocument:
    """Return a layout of `LAYOUT_BYTES`: links below each other, as shops have them."""
    rows, number = "", 0
    while len(rows) < LAYOUT_BYTES:
        rows += _ROW.format(number=number, color=number * 7919 % 0xFFFFFF)
        number += 1
    page = f"<body>{{{{ content }}}}<table>{rows}</table>{_LINK}</body>"
    content = {"en": {"email": {"html": page}}}
    return TemplateDocument.of({"default_locale": "en", "content": content})


def document() -> TemplateDocument:
    """Return the template, an e-mail with the layout."""
    # Without a text part, the consumer derives it from each page, which takes longer than the rest.
    parts = {
        "subject": "Order {{ order.id }}",
        "html": _CONTENT,
        "text": "Your order {{ order.id }} is on its way.",
        "layout": LAYOUT,
    }
    return TemplateDocument.of(
        {
            "default_locale": "en",
            "category": "orders",
            "schema": _SCHEMA,
            "content": {"en": {"email": parts}},
        }
    )


def template_items() -> list[Item]:
    """Return the head and the only version of the template."""
    now, source = utc_now(), document()
    version = TemplateVersion(
        name=NAME,
        version=1,
        document=source,
        compiled=compile_template(source, {LAYOUT: layout()}, {LAYOUT: 1}),
        author=AUTHOR,
        note="",
        created_at=now,
    )
    body = body_of(version.document, version.compiled)
    if len(body) > INLINE_BYTES:
        raise BenchError(f"the template has {len(body)} bytes and would be stored in S3")
    publication = Publication(version=1, author=AUTHOR, note="", at=now)
    head = Template.created(version).with_publication(publication, source.category)
    items = (head_item(head), version_item(version, body=body))
    return [_as_sent(item.serialize()) for item in items]


def _as_sent(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """Return an item as it is in JSON: with binary values in base64."""
    return {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }
