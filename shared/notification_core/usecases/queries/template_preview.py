"""Render a version of a template as its recipients would get it, and store nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notification_content.html_text import text_of
from notification_content.locales import canonical
from notification_content.sms_segments import SmsSegments, segments
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.compiling import compile_template
from notification_content.templates.document import LARGE_EMAIL, TemplateDocument
from notification_content.templates.problems import Problem, TemplateRejected
from notification_content.templates.rendering import (
    RenderedContent,
    TemplateFailed,
    choose_locale,
    render,
)
from notification_content.templates.schemas import schema_problems
from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.errors import InvalidInput
from notification_core.domain.rendering import SAMPLE_LINK, built_in_variables
from notification_core.domain.template_use import check_data_size, data_field_errors
from notification_core.domain.templates import TemplateVersion
from notification_core.ports import HasModules
from notification_core.usecases.administration.templates import (
    TemplatePorts,
    get_template,
    get_version,
    invalid_template,
    is_mandatory,
    published_layouts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPart:
    """One message of a preview."""

    channel: str
    locale: str
    content: RenderedContent
    text: str | None  #: the plain text of an e-mail, its own or derived from the HTML
    sms: SmsSegments | None  #: None except for SMS
    html_bytes: int | None  #: None except for e-mail
    warnings: tuple[str, ...]


def preview(
    ports: TemplatePorts,
    name: str,
    *,
    version: int | None = None,
    data: Mapping[str, Any] | None = None,
    locale: str | None = None,
    channel: str | None = None,
) -> tuple[TemplateVersion, Sequence[PreviewPart]]:
    """Render a version, by default the latest one, in every locale and channel or in those named.

    `data` defaults to the first example. The locale is looked up as for a notification, so `de-AT`
    may show `de`, or the default locale. A version whose checks found errors is rendered too.

    Raises:
        NotFound: no template has this name.
        InvalidInput: the template has no such version or channel, the data does not fit its schema,
            or a message cannot be rendered; the error names the part.
    """
    head = get_template(ports, name)
    shown = get_version(ports, head, head.latest if version is None else version)
    compiled = shown.compiled or _compiled(ports, shown.document, str(shown.ref))
    return shown, _parts(ports, compiled, data, locale, channel)


def preview_document(
    ports: TemplatePorts,
    document: TemplateDocument,
    *,
    data: Mapping[str, Any] | None = None,
    locale: str | None = None,
    channel: str | None = None,
) -> Sequence[PreviewPart]:
    """Render a document that is not stored, as `preview` renders a version.

    Raises:
        InvalidInput: as `preview`.
    """
    compiled = _compiled(ports, document, "the template")
    return _parts(ports, compiled, data, locale, channel)


def _parts(
    ports: TemplatePorts,
    compiled: CompiledTemplate,
    data: Mapping[str, Any] | None,
    locale: str | None,
    channel: str | None,
) -> Sequence[PreviewPart]:
    document = compiled.document
    if data is None:
        data = next(iter(document.examples), {})
    _check_data(document, data)
    variables = _variables(ports, document.category)
    places = list(_places(compiled, locale, channel))
    return [_part(compiled, *place, data, variables) for place in places]


def _check_data(document: TemplateDocument, data: Mapping[str, Any]) -> None:
    """Check data against the schema of a document.

    Raises:
        InvalidInput: naming each field, as `data.order.id`.
    """
    check_data_size(data)
    errors = data_field_errors(document.schema, data)
    if errors:
        raise InvalidInput.listing(errors)


def _compiled(ports: TemplatePorts, draft: TemplateDocument, called: str) -> CompiledTemplate:
    """Compile a draft, whose schema must be valid, because the data is checked by it."""
    wrong = list(schema_problems(draft.schema))
    if wrong:
        raise invalid_template(f"{called} cannot be rendered", wrong)
    layouts = published_layouts(ports, draft)
    try:
        return compile_template(draft, {layout.name: layout.document for layout in layouts})
    except TemplateRejected as error:
        raise invalid_template(f"{called} cannot be rendered", error.problems) from error


def _variables(ports: HasModules, category: str | None) -> dict[str, Any]:
    """Return the built-in variables. A mandatory category has no unsubscribe link."""
    modules = ports.modules.recent()
    deployment = modules[0].deployment if modules else DeploymentSettings()
    return built_in_variables(deployment, None if is_mandatory(ports, category) else SAMPLE_LINK)


def _places(
    compiled: CompiledTemplate, locale: str | None, channel: str | None
) -> Iterator[tuple[str, str]]:
    """Yield the locale and the channel of each message to render."""
    channels = compiled.document.channels
    if channel is not None and channel not in channels:
        listed = ", ".join(channels)
        raise InvalidInput.of("channel", f"the template has no {channel}; it has {listed}")
    for name in channels if channel is None else [channel]:
        if locale is None:
            yield from ((tag, name) for tag in compiled.locales_of(name))
        else:
            yield from ((tag, name) for tag in _served(compiled, name, locale))


def _served(compiled: CompiledTemplate, channel: str, locale: str) -> Iterator[str]:
    try:
        yield choose_locale(compiled, channel, canonical(locale))
    except ValueError as error:
        raise InvalidInput.of("locale", str(error)) from error
    except LookupError:
        return  # a notification in this locale would not have the channel


def _part(
    compiled: CompiledTemplate,
    locale: str,
    channel: str,
    data: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> PreviewPart:
    linked = variables if channel == "email" else {**variables, "unsubscribe_url": None}
    try:
        content = render(compiled, locale, channel, data, linked)
    except TemplateFailed as error:
        problem = Problem(error.message, locale, channel, error.part, error.line)
        raise invalid_template(str(error), [problem]) from error
    sms = segments(content.body) if channel == "sms" else None
    html_bytes = len(content.body.encode()) if channel == "email" else None
    warnings = list[str]()
    if html_bytes is not None and html_bytes > LARGE_EMAIL:
        warnings.append(f"{html_bytes} bytes of HTML; Gmail cuts off after {LARGE_EMAIL}")
    if sms is not None and sms.segments > compiled.document.max_segments:
        warnings.append(f"{sms}; the template allows {compiled.document.max_segments}")
    return PreviewPart(
        channel=channel,
        locale=locale,
        content=content,
        text=_text(content) if channel == "email" else None,
        sms=sms,
        html_bytes=html_bytes,
        warnings=tuple(warnings),
    )


def _text(content: RenderedContent) -> str:
    return text_of(content.body) if content.text is None else content.text
