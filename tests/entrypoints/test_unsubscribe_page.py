"""The page behind an unsubscribe link: what it shows in each language."""

import re
from http import HTTPStatus
from typing import Any

import pytest

from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.entrypoints.public_http import Request
from notification_core.entrypoints.unsubscribe.page import Form, View
from notification_core.entrypoints.unsubscribe.responses import (
    accepted_languages,
    respond_to_failure,
)

BRANDED = DeploymentSettings(
    brand=Brand(name="Pigeon & <Co>", url="https://pigeon.example/?a=1&b=2", color="#ffcc00"),
    category_labels={"news": {"en": "News & more", "ar": "الأخبار"}},
)


def page(language: str = "en", name: str = "ask", **fields: Any) -> str:
    """A page about news."""
    form = fields.pop("form", Form.NONE)
    answer = View(language=language, category="news", **fields).page(HTTPStatus.OK, name, form)
    return str(answer["body"])


def a_request(method: str = "GET", **fields: Any) -> Request:
    """A request as API Gateway hands it over."""
    return Request({"httpMethod": method, "headers": {}} | fields)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar"])
@pytest.mark.parametrize("deployment", [DeploymentSettings(), BRANDED])
@pytest.mark.parametrize("name", ["ask", "done", "undone", "unchanged", "invalid", "busy"])
def test_no_page_shows_a_placeholder(
    language: str, name: str, deployment: DeploymentSettings
) -> None:
    for form in Form:
        shown = re.sub(
            r"<style>.*</style>",
            "",
            page(language, name, deployment=deployment, form=form),
            flags=re.DOTALL,
        )
        assert "{" not in shown
        assert shown.count("<button") == (form is not Form.NONE)


def test_the_page_names_the_brand_and_the_category_as_texts() -> None:
    shown = page(deployment=BRANDED)

    assert (
        '<a href="https://pigeon.example/?a=1&amp;b=2"><bdi>Pigeon &amp; &lt;Co&gt;</bdi>' in shown
    )
    assert "<b><bdi>News &amp; more</bdi></b>” from <bdi>Pigeon &amp; &lt;Co&gt;</bdi>." in shown
    assert "--accent: #ffcc00; --on-accent: #000" in shown


def test_without_a_configuration_the_page_shows_the_category() -> None:
    shown = page()

    assert "<b><bdi>news</bdi></b>" in shown
    assert 'class="brand"' not in shown
    assert "--accent: #1a56db; --on-accent: #fff" in shown


def test_arabic_is_written_from_right_to_left() -> None:
    shown = page("ar", deployment=BRANDED)

    assert '<html lang="ar" dir="rtl">' in shown
    assert "الأخبار" in shown


@pytest.mark.parametrize(
    ("color", "on"),
    [("#000000", "#fff"), ("#ffffff", "#000"), ("#808080", "#000"), ("#cc0000", "#fff")],
)
def test_the_button_has_readable_letters_on_every_colour(color: str, on: str) -> None:
    deployment = DeploymentSettings(brand=Brand(color=color))

    assert f"--accent: {color}; --on-accent: {on} " in page(deployment=deployment)


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("", [""]),
        ("de-AT", ["de-AT"]),
        ("fr;q=0.5, de, en;q=0.8", ["de", "en", "fr"]),
        ("de;q=0, en;q=x, fr;q=", []),
        ("*;q=0.1, de", ["de", "*"]),
    ],
)
def test_the_preferred_language_of_a_browser_comes_first(header: str, languages: list[str]) -> None:
    assert accepted_languages(a_request(headers={"accept-language": header})) == languages


@pytest.mark.parametrize(
    ("method", "body", "button"),
    [
        ("GET", None, None),
        ("POST", "List-Unsubscribe=One-Click", "One-Click"),
        ("POST", "action=resubscribe", "resubscribe"),
    ],
)
def test_a_failure_offers_the_button_that_was_pressed(
    method: str, body: str | None, button: str | None
) -> None:
    request = a_request(method, body=body, headers={"Accept-Language": "de"})

    answer = respond_to_failure(request, HTTPStatus.SERVICE_UNAVAILABLE)

    assert answer["statusCode"] == 503
    assert "noch einmal" in answer["body"]
    assert re.findall(r'value="([^"]+)"', answer["body"]) == ([button] if button else [])
