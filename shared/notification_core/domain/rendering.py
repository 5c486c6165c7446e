"""Render a notification's content from the version of a template that it uses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notification_core.domain.content import Content
from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.modules import Channel, Module
from notification_core.domain.suitability import as_sent

if TYPE_CHECKING:
    from notification_content.templates.compiled import CompiledTemplate
    from notification_content.templates.rendering import RenderedContent

#: Takes the place of an unsubscribe link wherever a content is checked or shown but not sent. It is
#: as long as a real link, so that a check of the size holds for the real one.
SAMPLE_LINK = f"https://example.com/unsubscribe/{'sample-' * 24}link"

#: Begins the title of a test send, or its body in a channel without titles.
TEST_MARK = "[Test] "


def render_content(
    content: Content,
    compiled: "CompiledTemplate",
    module: Module,
    variables: Mapping[str, Any],
) -> "RenderedContent":
    """Return the texts of a content with a template, as a module sends them.

    The content's own `extra` replaces the template's, key by key.

    Raises:
        TemplateFailed: the template cannot be rendered with the data.
    """
    # Imported here, because many requests and consumers use no template.
    from notification_content.templates.rendering import RenderedContent, render  # noqa: PLC0415

    use = content.template
    if use is None:
        raise ValueError("the content has no template")
    rendered = render(compiled, use.locale, module.channel, use.data, variables, use.time_zone)
    title, body = rendered.title, as_sent(module, rendered.body)
    if use.test:
        title, body = (TEST_MARK + title, body) if title else (title, TEST_MARK + body)
    extra = {**rendered.extra, **content.extra}
    return RenderedContent(title=title, body=body, text=rendered.text, extra=extra)


def built_in_variables(
    deployment: DeploymentSettings, unsubscribe_url: str | None = None
) -> dict[str, Any]:
    """Return the variables that a template has besides its data."""
    brand = {"name": deployment.brand.name, "url": deployment.brand.url}
    return {"brand": brand, "unsubscribe_url": unsubscribe_url}


def sample_variables(module: Module, category: str | None) -> dict[str, Any]:
    """Return the variables for a content that is checked or shown, with a sample link."""
    unsubscribable = category is not None and not module.is_mandatory(category)
    has_link = unsubscribable and module.channel == Channel.EMAIL
    return built_in_variables(module.deployment, SAMPLE_LINK if has_link else None)
