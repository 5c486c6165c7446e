"""The new content of a waiting notification, checked as if it were created with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypedDict

from notification_content.sms_segments import SmsSegments
from notification_core.domain.content import (
    Content,
    as_json,
    check_body,
    check_extra_size,
    check_title,
)
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.suitability import (
    check_content,
    content_for,
    is_html_without_markup,
    segments_for,
)
from notification_core.domain.template_use import TemplateUse
from notification_core.ports import HasCheckExtra, HasContents, HasTemplates
from notification_core.usecases.queries.texts import with_contents
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.draft_contents import PlacedContent


class ContentChangePorts(HasCheckExtra, HasContents, HasTemplates, Protocol):
    """The ports that this needs."""


class Changes(TypedDict, total=False):
    """New values of a notification; a field that is absent keeps its value."""

    scheduled_delivery: datetime
    deliver_before: datetime | None  #: None removes it
    title: str
    body: str
    extra: Mapping[str, Any]  #: replaces all keys
    data: Mapping[str, Any]  #: of a notification with a template; replaces all keys
    category: str | None  #: None removes it
    max_retries: int


@dataclass(frozen=True, slots=True)
class ChangedContent:
    """A new content that is not stored yet, and the fields that differ."""

    content: Content
    names: Sequence[str]
    sms: SmsSegments | None


def changed_content(
    ports: ContentChangePorts,
    current: Notification,
    changes: Changes,
    category: str | None,
    module: Module,
    target: str,
) -> ChangedContent | None:
    """Return the new content of a notification; None if it is equal to the current one.

    `category` is the notification's new category, and `target` the target's name for errors.

    Raises:
        InvalidInput: the notification cannot have the content.
    """
    use = current.content.template
    given: dict[str, Any] = {
        name: value for name, value in changes.items() if name in {"title", "body", "extra", "data"}
    }
    _check_kind(use, given)
    checked_again = given or (use is not None and category != current.category)
    if not checked_again:
        return None
    [loaded] = with_contents(ports, [current])
    if loaded.content.lost:
        message = "cannot be changed, because the content is no longer stored"
        raise InvalidInput.listing(FieldError(name, message) for name in given or ["category"])
    old = loaded.content
    if use is None:
        new, sms = _texts(ports, replace(old, **given), module, target)
    else:
        new, sms = _templated(ports, old, given, category, module, target)
    names = [name for name in given if _json(new, name) != _json(old, name)]
    return ChangedContent(replace(new, key=None), names, sms) if names else None


def _check_kind(use: TemplateUse | None, given: Mapping[str, Any]) -> None:
    """Check that the fields fit a notification with a template, or one without.

    Raises:
        InvalidInput: it names the fields.
    """
    if use is None:
        wrong = {"data": "goes with a template, which this notification has not; leave it out"}
    else:
        message = f"is rendered from the template {use.ref}; change data instead"
        wrong = {"title": message, "body": message}
    errors = [FieldError(name, text) for name, text in wrong.items() if name in given]
    if errors:
        raise InvalidInput.listing(errors)


def _texts(
    ports: HasCheckExtra, written: Content, module: Module, target: str
) -> tuple[Content, SmsSegments | None]:
    if written.title:  # an SMS may have none
        check_title(written.title)
    check_body(written.body)
    check_extra_size(written.extra)
    if is_html_without_markup(module, written):
        message = f"contains HTML, which the target {target} does not render; send plain text"
        raise InvalidInput.of("body", message)
    error = check_content(module, target, written, html_to_text=False)
    if error is not None:
        raise InvalidInput.of(error.field, error.message)
    ports.check_extra(module, written.extra)
    new = content_for(module, written, html_to_text=False)
    return new, _without_culprits(segments_for(module, new.body))


def _templated(
    ports: ContentChangePorts,
    old: Content,
    given: Mapping[str, Any],
    category: str | None,
    module: Module,
    target: str,
) -> tuple[Content, SmsSegments | None]:
    # Imported here, because many notifications have no template.
    from notification_core.usecases.sending.template_contents import (  # noqa: PLC0415
        TemplateContents,
    )

    use = old.template
    if use is None:
        raise ValueError("the content has no template")
    version = ports.templates.versions([use.ref]).get(use.ref)
    if version is None or version.compiled is None:
        message = f"cannot be checked, because {use.ref} is no longer stored"
        raise InvalidInput.listing(FieldError(name, message) for name in given or ["category"])
    own = version.document.category
    if own is not None and category != own:
        raise InvalidInput.of("category", f"is {own} in the template {use.ref.name}; leave it out")
    draft = Draft(
        template=str(use.ref),
        data=dict(given.get("data", use.data)),
        extra=dict(given.get("extra", old.extra)),
        category=category,
        test=use.test,
    )
    contents = TemplateContents(draft, version, {})
    placed: PlacedContent = contents.content_in(module, target, use.choice, use.time_zone)
    ports.check_extra(module, placed.extra)
    return placed.content, _without_culprits(placed.sms)


def _without_culprits(sms: SmsSegments | None) -> SmsSegments | None:
    return sms and replace(sms, culprits=())


def _json(content: Content, name: str) -> str:
    """Return a field as JSON, because Python counts true and 1 as equal."""
    use = content.template
    return as_json(name, use and use.data if name == "data" else getattr(content, name))
