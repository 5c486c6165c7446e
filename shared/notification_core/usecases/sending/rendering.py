"""Render notifications from their templates, directly before they are sent."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from notification_core.domain.content import Content
from notification_core.domain.delivery import Delivery, Unsent
from notification_core.domain.failures import DeliveryFailed, Rejected, Throttled
from notification_core.domain.modules import Module
from notification_core.domain.rendering import built_in_variables, render_content
from notification_core.domain.template_use import TemplateUse
from notification_core.domain.templates import TemplateRef, TemplateVersion
from notification_core.domain.timeline import TEMPLATE_ERROR
from notification_core.ports import HasTemplates

logger = logging.getLogger(__name__)

#: Returns the values of built-in variables that only a target knows, such as `unsubscribe_url`.
#: Raises a DeliveryFailed: the delivery must not be sent.
Variables = Callable[[Delivery], Mapping[str, Any]]


def no_variables(delivery: Delivery) -> Mapping[str, Any]:
    """Return the variables of a target that supplies none."""
    del delivery
    return {}


def prefetch_versions(ports: HasTemplates, uses: Iterable[TemplateUse]) -> None:
    """Read the versions of these templates into the store's cache, together.

    An error is not raised, because the read is repeated before the send.
    """
    _versions(ports, {use.ref for use in uses})


def render_all(
    ports: HasTemplates,
    deliveries: Sequence[Delivery | Unsent],
    module: Module,
    variables: Variables,
) -> list[Delivery | Unsent]:
    """Return the deliveries with the texts of their templates; others unchanged.

    A delivery that cannot be rendered is held back: until later if the version cannot be read, and
    for good if it does not exist or its template fails.
    """
    uses = [item.template for item in deliveries if isinstance(item, Delivery) and item.template]
    if not uses:
        return list(deliveries)
    versions = _versions(ports, {use.ref for use in uses})
    return [
        _rendered(item, versions, module, variables)
        if isinstance(item, Delivery) and item.template
        else item
        for item in deliveries
    ]


def _versions(
    ports: HasTemplates, refs: set[TemplateRef]
) -> Mapping[TemplateRef, TemplateVersion] | Exception:
    try:
        return ports.templates.versions(refs)
    except Exception as error:
        logger.exception("could not read the versions of templates")
        return error


def _rendered(
    delivery: Delivery,
    versions: Mapping[TemplateRef, TemplateVersion] | Exception,
    module: Module,
    variables: Variables,
) -> Delivery | Unsent:
    use = delivery.template
    if use is None:
        return delivery
    if isinstance(versions, Exception):
        return Unsent(Throttled("not-checked", type(versions).__name__))
    version = versions.get(use.ref)
    if version is None or version.compiled is None:
        return _failed(delivery, f"{use.ref} is no longer stored")
    from notification_content.templates.rendering import TemplateFailed  # noqa: PLC0415 - see `render_content`

    content = Content(title="", body="", extra=delivery.extra, template=use)
    try:
        values = {**built_in_variables(delivery.deployment), **variables(delivery)}
        rendered = render_content(content, version.compiled, module, values)
    except DeliveryFailed as failure:
        return Unsent(failure)
    except TemplateFailed as error:
        return _failed(delivery, f"{use.ref}: {error}")
    return replace(
        delivery,
        title=rendered.title,
        body=rendered.body,
        text=rendered.text,
        extra=dict(rendered.extra),
        locale=use.locale,
        template=None,
    )


def _failed(delivery: Delivery, message: str) -> Unsent:
    """Return a delivery whose template fails. The log names it; an alarm counts it."""
    logger.error("a template failed: %s: %s", delivery.id, message)
    return Unsent(Rejected(TEMPLATE_ERROR, message))
