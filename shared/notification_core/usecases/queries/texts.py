"""The texts of notifications that are shown: loaded, or rendered from their templates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from notification_core.domain.content import Content
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.rendering import render_content, sample_variables
from notification_core.domain.templates import TemplateRef, TemplateVersion
from notification_core.ports import HasContents, HasModules, HasTemplates


class TextPorts(HasContents, HasModules, HasTemplates, Protocol):
    """The ports that these use cases need."""


def with_contents(ports: HasContents, notifications: list[Notification]) -> list[Notification]:
    """Return the notifications with large contents loaded; a deleted content is `lost`.

    Raises the error of a content that could not be loaded.
    """
    contents = ports.contents.load([notification.content for notification in notifications])
    return [
        replace(notification, content=_loaded(content))
        for notification, content in zip(notifications, contents, strict=True)
    ]


def _loaded(content: Content | Exception) -> Content:
    if isinstance(content, Exception):
        raise content
    return content


def with_texts(ports: TextPorts, notifications: list[Notification]) -> list[Notification]:
    """Return the notifications with the texts that were or would be sent.

    Contents are loaded as by `with_contents`. Templates are rendered from the pinned version, with
    a sample in place of an unsubscribe link. A content that cannot be rendered has no texts, and
    `unrendered` says why.
    """
    loaded = with_contents(ports, notifications)
    refs = {use.ref for notification in loaded if (use := notification.content.template)}
    if not refs:
        return loaded
    versions = ports.templates.versions(refs)
    modules = _modules(ports, {notification.module for notification in loaded})
    return [
        replace(notification, content=_rendered(notification, versions, modules))
        for notification in loaded
    ]


def _modules(ports: HasModules, names: set[str]) -> dict[str, Module]:
    """Return the deployed modules by name; they are read again if one of `names` may be new."""
    by_name = {module.name: module for module in ports.modules.recent()}
    if names <= by_name.keys():
        return by_name
    return {module.name: module for module in ports.modules.all()}


def _rendered(
    notification: Notification,
    versions: Mapping[TemplateRef, TemplateVersion],
    modules: Mapping[str, Module],
) -> Content:
    content, use = notification.content, notification.content.template
    if use is None or content.lost:
        return content
    version, module = versions.get(use.ref), modules.get(notification.module)
    if version is None or version.compiled is None:
        return replace(content, unrendered=f"the version {use.ref} is no longer stored")
    if module is None:
        return replace(content, unrendered=f"the target {notification.module} was removed")
    # Imported here, because many requests show no template.
    from notification_content.templates.rendering import TemplateFailed  # noqa: PLC0415

    variables = sample_variables(module, notification.category)
    try:
        rendered = render_content(content, version.compiled, module, variables)
    except TemplateFailed as error:
        return replace(content, unrendered=f"{use.ref}: {error}")
    return replace(content, title=rendered.title, body=rendered.body, extra=dict(rendered.extra))
