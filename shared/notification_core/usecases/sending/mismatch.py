"""Names the fields in which a request differs from the first request with its idempotency key.

A notification does not store the request as it was written, so a field that the first request left
out is compared with its default.
"""

from typing import Any, Protocol

from notification_core.domain.content import Content
from notification_core.domain.errors import FieldError, IdempotencyMismatch
from notification_core.domain.notification import Notification
from notification_core.domain.template_use import LocaleSource
from notification_core.domain.templates import parse_reference
from notification_core.domain.timeline import was_changed
from notification_core.ports import HasContents
from notification_core.usecases.queries.texts import with_contents
from notification_core.usecases.sending.draft import Draft

DIFFERS = "differs from the first request with this idempotency key"

#: Fields whose first value is not stored as it was written: `targets`, `content`, and those with a
#: default.
UNCERTAIN = (
    "user",
    "target_user_record",
    "targets",
    "to",
    "content",
    "template",
    "locale",
    "html_to_text",
    "retry_time_interval",
    "max_retries",
)

#: What a caller may have changed since the first request, so that its first value is not stored.
CHANGEABLE = frozenset(
    {
        "scheduled_delivery",
        "deliver_before",
        "title",
        "body",
        "extra",
        "content",
        "data",
        "category",
        "max_retries",
    }
)


class MismatchPorts(HasContents, Protocol):
    """The ports that this use case needs."""


def idempotency_mismatch(
    ports: MismatchPorts, draft: Draft, lead: Notification
) -> IdempotencyMismatch:
    """Return the error for a draft whose key belongs to the request of `lead`."""
    [first] = with_contents(ports, [lead])
    names = _different_fields(draft, first)
    uncertain: tuple[str, ...] = UNCERTAIN
    if was_changed(first.timeline):
        names = [name for name in names if name not in CHANGEABLE]
        uncertain = (*UNCERTAIN, *sorted(CHANGEABLE - {*UNCERTAIN}))
    used = first.created_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    different = ", ".join(names) or f"one of {', '.join(uncertain)}"
    detail = (
        f"The idempotency key was used at {used}, and this request differs in {different}."
        " Repeat that request unchanged, or use a new key. All requests that one identity signs,"
        " for any user, share one set of keys."
    )
    return IdempotencyMismatch(detail, tuple(FieldError(name, DIFFERS) for name in names))


def _different_fields(draft: Draft, first: Notification) -> list[str]:
    """Return the fields that certainly differ."""
    due = max(draft.scheduled_delivery or first.created_at, first.created_at)
    given = {
        name: value
        for name in ("user", "target_user_record", "retry_time_interval", "max_retries")
        if (value := getattr(draft, name)) is not None
    }
    templated = draft.template is not None or first.content.template is not None
    by_channel = draft.content is not None
    content = {} if first.content.lost or by_channel or templated else _content(draft)
    category = {} if templated and draft.category is None else {"category": draft.category}
    stored = [
        (first, given),
        (first.content, content),
        (
            first,
            {
                **category,
                "reference": draft.reference,
                "scheduled_delivery": due,
                "deliver_before": draft.deliver_before,
            },
        ),
    ]
    different = [
        name
        for entity, values in stored
        for name, value in values.items()
        if getattr(entity, name) != value
    ]
    if templated:
        return [*_different_template_fields(draft, first.content), *different]
    return ["content", *different] if _has_no_content_of(draft, first) else different


def _different_template_fields(draft: Draft, first: Content) -> list[str]:
    """Return the fields about the template that certainly differ."""
    use = first.template
    if use is None or draft.template is None:
        return ["template"]
    name, version = parse_reference(draft.template)
    different = []
    if name != use.ref.name or version not in {None, use.ref.version}:
        different.append("template")
    if not first.lost and (draft.data or {}) != use.data:
        different.append("data")
    if not first.lost and draft.extra != first.extra:
        different.append("extra")
    if use.choice.source is LocaleSource.REQUEST and draft.locale != use.choice.wanted:
        different.append("locale")
    return different


def _content(draft: Draft) -> dict[str, Any]:
    fields = {"title": draft.title, "body": draft.body, "extra": draft.extra}
    if draft.html_to_text:
        del fields["body"]  # the stored body may be the text of the request's body
    return fields


def _has_no_content_of(draft: Draft, first: Notification) -> bool:
    """Whether the draft has contents by channel, and the first notification has none of them.

    A notification does not store its channel, so that it may have any of them.
    """
    if draft.content is None or first.content.lost or draft.html_to_text:
        return False
    written = [*draft.content.values(), _content(draft)]
    stored = (first.content.title, first.content.body, first.content.extra)
    return all(
        stored != (fields.get("title") or "", fields["body"], fields.get("extra", {}))
        for fields in written
    )
