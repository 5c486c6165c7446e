"""A content is rendered from its template, its data and the variables of the deployment."""

from html import unescape
from typing import Any

import pytest

from notification_content.templates.compiling import compile_template
from notification_core.domain.content import Content
from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.modules import Channel
from notification_core.domain.rendering import (
    SAMPLE_LINK,
    built_in_variables,
    render_content,
    sample_variables,
)
from notification_core.domain.template_use import LocaleChoice, TemplateUse
from notification_core.domain.templates import TemplateRef
from tests.builders import a_module, a_template_document

CONTENT = {
    "sms": {"body": "Order {{ order }} from {{ brand.name }}"},
    "push": {"title": "{{ order }}", "body": "It is here.", "extra": {"sound": "default"}},
    "email": {
        "subject": "Order {{ order }}",
        "html": '<p>{{ order }}</p><a href="{{ unsubscribe_url }}">stop</a>',
        "text": "{{ order }}",
    },
}
COMPILED = compile_template(a_template_document(content={"en": CONTENT}), {})
SHOP = DeploymentSettings(brand=Brand(name="Shop", url="https://shop.example"))

EMAIL, SMS, PUSH = (a_module(channel=channel) for channel in ("email", "sms", "push"))


def use(order: str = "A-17", **changes: Any) -> Content:
    """A content with the template."""
    values: dict[str, Any] = {"ref": TemplateRef("order-ready", 1), "choice": LocaleChoice("en")}
    template = TemplateUse(**values | {"data": {"order": order}} | changes)
    return Content(title="", body="", template=template)


def test_html_in_data_is_escaped_in_html_and_literal_elsewhere() -> None:
    variables = built_in_variables(SHOP, "https://example.com/u")
    content = use("<b>&</b>")

    email = render_content(content, COMPILED, EMAIL, variables)
    sms = render_content(content, COMPILED, SMS, variables)
    push = render_content(content, COMPILED, PUSH, variables)

    assert "<b>" not in email.body
    assert "<p><b>&</b></p>" in unescape(email.body)
    assert (email.title, email.text) == ("Order <b>&</b>", "<b>&</b>")
    assert sms.body == "Order <b>&</b> from Shop"
    assert push.title == "<b>&</b>"


def test_the_contents_own_extra_replaces_the_templates_key_by_key() -> None:
    content = use()
    own = Content(title="", body="", extra={"sound": "bell", "badge": 1}, template=content.template)

    assert render_content(own, COMPILED, PUSH, {}).extra == {"sound": "bell", "badge": 1}
    assert render_content(content, COMPILED, PUSH, {}).extra == {"sound": "default"}


def test_a_test_send_is_marked_in_its_title_or_else_in_its_body() -> None:
    variables = built_in_variables(SHOP, "https://example.com/u")

    email = render_content(use(test=True), COMPILED, EMAIL, variables)
    sms = render_content(use(test=True), COMPILED, SMS, variables)

    assert email.title == "[Test] Order A-17"
    assert not email.body.startswith("[Test]")
    assert sms.body == "[Test] Order A-17 from Shop"


def test_a_content_without_a_template_is_not_rendered() -> None:
    with pytest.raises(ValueError, match="no template"):
        render_content(Content(title="t", body="b"), COMPILED, SMS, {})


@pytest.mark.parametrize(
    ("channel", "category", "link"),
    [
        (Channel.EMAIL, "news", SAMPLE_LINK),
        (Channel.EMAIL, "security", None),
        (Channel.EMAIL, None, None),
        (Channel.SMS, "news", None),
    ],
)
def test_a_sample_has_a_link_where_the_message_would_have_one(
    channel: str, category: str | None, link: str | None
) -> None:
    module = a_module(channel=channel, mandatory_categories=["security"], deployment=SHOP)

    assert sample_variables(module, category) == {
        "brand": {"name": "Shop", "url": "https://shop.example"},
        "unsubscribe_url": link,
    }
