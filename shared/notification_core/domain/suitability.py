"""Whether a content suits a target: its markup and its length."""

from dataclasses import replace

from notification_content.markup import Markup, is_html
from notification_core.domain.content import Content, as_json
from notification_core.domain.errors import FieldError
from notification_core.domain.modules import LengthUnit, Module


def content_for(module: Module, content: Content, *, html_to_text: bool) -> Content:
    """Return the content for a module: with HTML converted to text if it renders no HTML."""
    if not (html_to_text and _is_html_without_markup(module, content)):
        return content
    # Imported here, because only few requests need the parser.
    from notification_content.html_text import text_of  # noqa: PLC0415

    return replace(content, body=text_of(content.body).strip())


def check_content(
    module: Module, target: str, content: Content, *, html_to_text: bool
) -> FieldError | None:
    """Return the reason why a target with this name cannot send a content; None if it can."""
    if not html_to_text and _is_html_without_markup(module, content):
        return FieldError(
            "body",
            f"contains HTML, which the target {target} does not render; send plain text, leave"
            " the target out, or set html_to_text to true",
        )
    sent = content_for(module, content, html_to_text=html_to_text)
    if not sent.body:
        return FieldError("body", f"contains HTML tags but no text for the target {target}")
    size = _size(module, sent)
    if module.max_length is None or size <= module.max_length:
        return None
    if module.max_length_unit == LengthUnit.PAYLOAD_BYTES:
        limit = f"at most {module.max_length} bytes together with title and extra"
    else:
        limit = f"at most {module.max_length} characters"
    return FieldError("body", f"must be {limit} for the target {target}, not {size}")


def _is_html_without_markup(module: Module, content: Content) -> bool:
    return module.markup == Markup.NONE and is_html(content.body)


def _size(module: Module, content: Content) -> int:
    if module.max_length_unit == LengthUnit.PAYLOAD_BYTES:
        payload = {"title": content.title, "body": content.body, **content.extra}
        return len(as_json("extra", payload).encode())
    return len(content.body)
