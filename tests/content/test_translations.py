"""The texts that recipients read in their language."""

import re

import pytest

from notification_content.translations import texts_in, translated_language

LANGUAGES = ("en", "de", "fr", "es", "ar")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    def placeholders(language: str) -> dict[str, list[str]]:
        texts = texts_in(language).items()
        return {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in texts}

    assert placeholders(language) == placeholders("en")
    assert all(text.strip() == text != "" for text in texts_in(language).values())


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de-AT",), "de"),
        (("ar-EG", "de"), "ar"),
        ((None, "fr"), "fr"),
        (("ja", "es-419"), "es"),
        (("ja", None), "en"),
        ((), "en"),
    ],
)
def test_the_first_wanted_language_that_is_translated_is_used(
    wanted: tuple[str | None, ...], language: str
) -> None:
    assert translated_language(*wanted) == language
