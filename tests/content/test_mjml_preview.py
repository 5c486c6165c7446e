"""`mj-preview`: the text beside the subject, which a template with a layout writes too."""

import pytest

from notification_content.templates.compiling import compile_template
from notification_content.templates.document import TemplateDocument

SECTION = "<mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section>"
BODY = "<mj-body>{{ content }}</mj-body>"


def page(layout: str, content: str) -> str:
    """The page of an e-mail with a layout."""
    brand = TemplateDocument.of(
        {"default_locale": "en", "content": {"en": {"email": {"mjml": layout}}}}
    )
    email = {"subject": "S", "mjml": content, "layout": "brand"}
    document = TemplateDocument.of({"default_locale": "en", "content": {"en": {"email": email}}})
    html = compile_template(document, {"brand": brand}).content["en"]["email"]["html"]
    assert isinstance(html, str)
    return html


@pytest.mark.parametrize(
    "layout",
    [
        f"<mjml>{BODY}</mjml>",
        f"<mjml><mj-head><mj-title>T</mj-title></mj-head>{BODY}</mjml>",
        f"<mjml><mj-head><mj-preview>Layout</mj-preview></mj-head>{BODY}</mjml>",
    ],
)
def test_the_preview_of_the_content_comes_first(layout: str) -> None:
    html = page(layout, "<mj-preview>\n{{ n }} items</mj-preview>\n" + SECTION)

    assert "{{ n }} items" in html
    assert html.index("{{ n }} items") < html.index("Hello")
    assert "Layout" not in html
    assert "mj-preview" not in html


def test_a_layout_keeps_its_preview_for_content_without_one() -> None:
    layout = f"<mjml><mj-head><mj-preview>Layout</mj-preview></mj-head>{BODY}</mjml>"

    assert "Layout" in page(layout, SECTION)
