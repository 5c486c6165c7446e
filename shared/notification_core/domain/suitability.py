"""Whether a content suits a target: its markup, its length and its segments as an SMS."""

from dataclasses import replace

from notification_content.markup import Markup, is_html
from notification_content.sms_segments import SmsSegments, normalise, segments
from notification_core.domain.content import Content, as_json
from notification_core.domain.errors import FieldError
from notification_core.domain.modules import Channel, LengthUnit, Module, Normalise

#: The segments of an SMS that is accepted.
MAX_SEGMENTS = 10


def content_for(module: Module, content: Content, *, html_to_text: bool) -> Content:
    """Return the content for a module, as it will be sent.

    With `html_to_text`, HTML becomes text if the module renders no HTML.
    """
    body = content.body
    if html_to_text and is_html_without_markup(module, content):
        # Imported here, because only few requests need the parser.
        from notification_content.html_text import text_of  # noqa: PLC0415

        body = text_of(body).strip()
    body = as_sent(module, body)
    return content if body is content.body else replace(content, body=body)


def as_sent(module: Module, body: str) -> str:
    """Return a body with the characters that a module replaces: its `normalise`."""
    return normalise(body) if module.normalise == Normalise.SMART else body


def segments_for(module: Module, body: str) -> SmsSegments | None:
    """Return the segments of a body; None if the module's channel is not `sms`."""
    return segments(body) if module.channel == Channel.SMS else None


def check_content(
    module: Module, target: str, content: Content, *, html_to_text: bool
) -> FieldError | None:
    """Return the reason why a target with this name cannot send a content; None if it can."""
    if not html_to_text and is_html_without_markup(module, content):
        return FieldError(
            "body",
            f"contains HTML, which the target {target} does not render; send plain text, leave"
            " the target out, or set html_to_text to true",
        )
    sent = content_for(module, content, html_to_text=html_to_text)
    if not sent.body:
        return FieldError("body", f"contains HTML tags but no text for the target {target}")
    message = length_error(module, target, sent) or segments_error(module, target, sent)
    return None if message is None else FieldError("body", message)


def length_error(module: Module, target: str, sent: Content) -> str | None:
    """Return what is wrong with the length of a content as it is sent; None if nothing is."""
    size = _size(module, sent)
    if module.max_length is None or size <= module.max_length:
        return None
    if module.max_length_unit == LengthUnit.PAYLOAD_BYTES:
        limit = f"at most {module.max_length} bytes together with title and extra"
    else:
        limit = f"at most {module.max_length} characters"
    return f"must be {limit} for the target {target}, not {size}"


def segments_error(
    module: Module, target: str, sent: Content, limit: int = MAX_SEGMENTS
) -> str | None:
    """Return why an SMS has too many segments, and which character is responsible."""
    sms = segments_for(module, sent.body)
    if sms is None or sms.segments <= limit:
        return None
    message = f"must be at most {limit} SMS segments for the target {target}, not {sms}"
    if not sms.culprits:
        return message
    culprit = sms.culprits[0]
    if culprit.replacement is None:
        remedy = "replace it"
    else:
        remedy = f"replace it with “{culprit.replacement}”" if culprit.replacement else "remove it"
    return f"{message}; {remedy} at position {culprit.position}, or shorten the text"


def is_html_without_markup(module: Module, content: Content) -> bool:
    """Whether the body is HTML, and the module does not render HTML."""
    return module.markup == Markup.NONE and is_html(content.body)


def _size(module: Module, content: Content) -> int:
    if module.max_length_unit == LengthUnit.PAYLOAD_BYTES:
        payload = {"title": content.title, "body": content.body, **content.extra}
        return len(as_json("extra", payload).encode())
    return len(content.body)
