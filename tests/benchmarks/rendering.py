"""How many messages one process renders from a compiled template, and what the first one costs."""

import time
from functools import partial
from typing import Any

from notification_content.templates.checks import check
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import TemplateDocument
from notification_content.templates.rendering import RenderedContent, render
from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.runner import Runner

#: The size of the layout in bytes: more than most, and below what Gmail shows.
LAYOUT_SIZE = 60_000

GOAL = Goal(5_000, at_least=True)
MESSAGES = 5_000  #: in a run

VARIABLES = {
    "unsubscribe_url": "https://example.com/unsubscribe/0123456789",
    "brand": {"name": "Example", "url": "https://example.com"},
}
ORDER: dict[str, Any] = {
    "name": "Ann & Bo",
    "order": 1000,
    "items": [
        {"name": f"Article {number}", "price": 9.5, "gift": number == 3} for number in range(5)
    ],
}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "order": {"type": "integer"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "price": {"type": "number"},
                    "gift": {"type": "boolean"},
                },
                "required": ["name", "price", "gift"],
            },
        },
    },
    "required": ["name", "order", "items"],
    "examples": [ORDER],
}
HTML = """<p>Hello {{ name }}, your order {{ order }} is on its way.</p><table>
{% for item in items %}<tr><td>{{ loop.index }}. {{ item.name | upper }}</td>
<td>{{ AMOUNT }}{% if item.gift %} as a gift{% endif %}</td></tr>{% endfor %}</table>"""
TEXT = """Hello {{ name }}, your order {{ order }} is on its way.
{% for item in items %}{{ item.name }}
{% endfor %}{{ unsubscribe_url }}"""


def measure(runner: Runner) -> list[Figure]:
    """Render e-mails and SMS for different recipients, repeatedly."""
    cases = {
        "e-mail": ("email", _compiled("item.price"), GOAL),
        "SMS": ("sms", _compiled("item.price"), GOAL),
        "e-mail with 5 amounts": ("email", _compiled("item.price | currency('EUR')"), None),
    }
    figures = []
    for name, (channel, compiled, goal) in cases.items():
        size = len(_rendered(compiled, channel, 0).body.encode())
        rates = runner.repeat(
            f"rendering, {name}", partial(_rate, compiled, channel), lambda rate: f"{rate:,.0f}/s"
        )
        note = f"{size:,} bytes of body"
        figures.append(
            Figure(name=f"rendering, {name}", unit="/s CPU", values=rates, goal=goal, note=note)
        )
    return figures


def _compiled(amount: str) -> CompiledTemplate:
    row = '<table role="presentation"><tr><td class="cell">&nbsp;</td></tr></table>\n'
    padding = row * (LAYOUT_SIZE // len(row))
    layout = (
        "<html><head><style>p { color: #333 } @media (max-width: 480px) { p { color: #000 } }"
        "</style></head><body><h1>{{ brand.name }}</h1>{{ content }}"
        f'{padding}<a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></body></html>'
    )
    email = {"subject": "Order {{ order }}", "html": HTML.replace("AMOUNT", amount), "text": TEXT}
    content = {
        "email": email | {"layout": "brand"},
        "sms": {"body": "{{ name }}: order {{ order }}"},
    }
    brand = TemplateDocument.of(
        {"default_locale": "en", "content": {"en": {"email": {"html": layout}}}}
    )
    document = TemplateDocument.of(
        {"default_locale": "en", "schema": SCHEMA, "content": {"en": content}}
    )
    result = check(document, {"brand": brand}, mandatory=False)
    if result.compiled is None:
        raise BenchError(f"the template is wrong: {result.errors}")
    return result.compiled


def _rate(compiled: CompiledTemplate, channel: str) -> float:
    """Return the messages in a second of processor time; each has other data."""
    start = time.process_time()
    for number in range(MESSAGES):
        message = _rendered(compiled, channel, number)
    elapsed = time.process_time() - start
    if str(MESSAGES - 1) not in message.body:
        raise BenchError("a message does not contain its data")
    return MESSAGES / elapsed


def _rendered(compiled: CompiledTemplate, channel: str, number: int) -> RenderedContent:
    return render(compiled, "en", channel, ORDER | {"order": number}, VARIABLES)
