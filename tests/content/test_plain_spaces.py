"""The spaces that filters write: CLDR's in most channels, plain ones in an SMS."""

import pytest

from notification_content.sms_segments import Encoding, segments
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import TemplateDocument
from notification_content.templates.rendering import render

DATA = {"total": 1234.5, "at": "2026-11-28T15:30:00Z"}


def rendered(locale: str, channel: str, body: str) -> str:
    content = {locale: {channel: {"body": body, "title": "T"}}}
    if channel == "sms":
        del content[locale][channel]["title"]
    document = TemplateDocument.of({"default_locale": locale, "content": content})
    compiled = CompiledTemplate(document, document.content, {})
    return render(compiled, locale, channel, DATA, {}).body


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de", "1.234,50 €"), ("fr", "1 234,50 €"), ("en", "€1,234.50")],
)
def test_an_amount_in_an_sms_stays_in_gsm_7(locale: str, text: str) -> None:
    body = rendered(locale, "sms", "{{ total | currency('EUR') }}")

    assert body == text
    assert segments(body).encoding is Encoding.GSM_7


def test_a_time_in_an_sms_stays_in_gsm_7() -> None:
    assert rendered("en", "sms", "{{ at | time }}") == "3:30 PM"


def test_other_channels_have_the_spaces_of_the_locale() -> None:
    assert rendered("de", "push", "{{ total | currency('EUR') }}") == "1.234,50\u00a0€"
    assert rendered("en", "push", "{{ at | time }}") == "3:30\u202fPM"


def test_the_authors_own_spaces_stay_in_an_sms() -> None:
    assert rendered("de", "sms", "a\u00a0b") == "a\u00a0b"
