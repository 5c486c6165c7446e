"""A version of a template as its recipients would get it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notification_content.locales import is_right_to_left
from notification_core.domain.errors import FieldError, InvalidInput, NotFound
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages.templates import version_of
from notification_core.entrypoints.console.responses import MESSAGE_POLICY, Response
from notification_core.usecases.administration.templates import get_template, get_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notification_core.usecases.queries.template_preview import PreviewPart


def show(call: Call) -> Response:
    """Show a version in every channel and language, with one of its examples."""
    # Imported here, because most requests render no template.
    from notification_core.usecases.queries.template_preview import preview  # noqa: PLC0415

    head = get_template(call.ports, call.parameters["id"])
    number = version_of(call.query("version")) or head.latest
    version = get_version(call.ports, head, number)
    index, data = _example(call, version.document.examples)
    parts: Sequence[PreviewPart] = ()
    errors: tuple[FieldError, ...] = ()
    try:
        _, parts = preview(call.ports, head.name, version=number, data=data)
    except InvalidInput as error:
        errors = error.fields or (FieldError("template", error.detail),)
    return call.page(
        "template_preview.html",
        f"Preview of {version.ref}",
        head=head,
        version=number,
        example=index,
        examples=len(version.document.examples),
        parts=shown_parts(parts),
        frames={
            part.locale: call.site.url(
                f"/templates/{head.name}/message",
                version=number,
                example=index,
                locale=part.locale,
            )
            for part in parts
            if part.channel == "email"
        },
        errors=errors,
    )


def message(call: Call) -> Response:
    """Return the HTML of one e-mail. The policy permits no script, no form and no remote image.

    Raises:
        NotFound: the version has no e-mail in this language.
        InvalidInput: it cannot be rendered.
    """
    from notification_core.usecases.queries.template_preview import preview  # noqa: PLC0415

    head = get_template(call.ports, call.parameters["id"])
    number = version_of(call.query("version")) or head.latest
    document = get_version(call.ports, head, number).document
    _, data = _example(call, document.examples)
    locale = call.required_query("locale")
    if locale not in document.locales_of("email"):
        raise NotFound(f"{head.name} has no e-mail in this language")
    _, [part] = preview(
        call.ports, head.name, version=number, data=data, locale=locale, channel="email"
    )
    return Response(body=part.content.body, policy=MESSAGE_POLICY)


def shown_parts(parts: "Sequence[PreviewPart]") -> list[dict[str, Any]]:
    """Return what the page shows of each message."""
    return [
        {
            "channel": part.channel,
            "locale": part.locale,
            "direction": "rtl" if is_right_to_left(part.locale) else "ltr",
            "title": part.content.title,
            "body": part.content.body,
            "text": part.text,
            "sms": str(part.sms) if part.sms else "",
            "units": part.sms.units if part.sms else 0,
            "html_bytes": part.html_bytes or 0,
            "extra": dict(part.content.extra),
            "warnings": part.warnings,
        }
        for part in parts
    ]


def _example(
    call: Call, examples: "Sequence[Mapping[str, Any]]"
) -> tuple[int, Mapping[str, Any] | None]:
    """Return the number of the example in the address, from 1, and its data."""
    number = version_of(call.query("example"), "example") or 1
    if number > max(len(examples), 1):
        raise InvalidInput.of("example", f"the version has {len(examples)} examples")
    return number, examples[number - 1] if examples else None
