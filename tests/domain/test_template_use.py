"""Which locale a notification gets from a template, and how the timeline says so."""

import pytest

from notification_content.templates.compiling import compile_template
from notification_core.domain.errors import InvalidInput
from notification_core.domain.template_use import (
    LocaleChoice,
    LocaleSource,
    TemplateUse,
    check_data_size,
    choose,
)
from notification_core.domain.templates import TemplateRef
from tests.builders import a_template_document

SMS = {"sms": {"body": "{{ order }}"}}
COMPILED = compile_template(
    a_template_document(
        content={
            "en": SMS | {"push": {"title": "t", "body": "b"}},
            "de": SMS,
            "pt-BR": SMS,
            "zh-Hant": SMS,
        },
        partial=["de", "pt-BR", "zh-Hant"],
    ),
    {},
)


@pytest.mark.parametrize(
    ("requested", "users", "chosen"),
    [
        (None, None, LocaleChoice("en")),
        ("de", None, LocaleChoice("de", LocaleSource.REQUEST, "de")),
        ("de-AT", "pt-BR", LocaleChoice("de", LocaleSource.REQUEST, "de-AT")),
        (None, "de-CH-1996", LocaleChoice("de", LocaleSource.USER, "de-CH-1996")),
        (None, "zh-Hant-TW", LocaleChoice("zh-Hant", LocaleSource.USER, "zh-Hant-TW")),
        (None, "pt", LocaleChoice("en", wanted="pt")),
        ("fr", "de", LocaleChoice("en", wanted="fr")),
    ],
)
def test_the_requests_locale_decides_before_the_users_and_the_default(
    requested: str | None, users: str | None, chosen: LocaleChoice
) -> None:
    assert choose(COMPILED, "sms", requested, users) == chosen


def test_only_locales_with_the_channel_are_available() -> None:
    assert choose(COMPILED, "push", "de", None) == LocaleChoice("en", wanted="de")
    assert choose(COMPILED, "email", "de", None) is None


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (LocaleChoice("en"), "in en, the template's default"),
        (LocaleChoice("en", wanted="fr"), "in en, the template's default, because it has no fr"),
        (
            LocaleChoice("de", LocaleSource.USER, "de-AT"),
            "in de, because the user's locale is de-AT",
        ),
        (
            LocaleChoice("de", LocaleSource.REQUEST, "de"),
            "in de, because the request's locale is de",
        ),
    ],
)
def test_the_timeline_names_the_version_the_locale_and_its_reason(
    choice: LocaleChoice, text: str
) -> None:
    use = TemplateUse(ref=TemplateRef("order-shipped", 7), choice=choice)

    assert use.explanation == f"template order-shipped@7 {text}"


def test_data_has_a_size_and_is_json() -> None:
    check_data_size({"text": "x" * 200_000})
    for data in ({"text": "x" * 205_000}, {"number": float("nan")}, {"text": "\ud800"}):
        with pytest.raises(InvalidInput) as caught:
            check_data_size(data)
        assert [error.field for error in caught.value.fields] == ["data"]
