"""The texts that the system itself adds for recipients: the footer and the unsubscribe page."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from notification_content.locales import lookup

#: The language where no wanted one has been translated.
FALLBACK = "en"

#: By language, then by name. `{category}` and `{brand}` are replaced by the caller.
Texts = Mapping[str, str]


@cache
def _translations() -> Mapping[str, Texts]:
    path = Path(__file__).with_name("translations.json")
    translations: Mapping[str, Texts] = json.loads(path.read_text(encoding="utf-8"))
    return translations


def translated_language(*wanted: str | None) -> str:
    """Return the language for the first wanted locale that has translations, else English."""
    for locale in wanted:
        if locale and (language := lookup(locale, _translations())) is not None:
            return language
    return FALLBACK


def texts_in(language: str) -> Texts:
    """Return the texts of a language that `translated_language` has returned."""
    return _translations()[language]
