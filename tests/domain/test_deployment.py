"""The settings of a deployment."""

import pytest

from notification_core.domain.deployment import DeploymentSettings

SETTINGS = DeploymentSettings(
    default_locale="de",
    category_labels={"news": {"en": "News", "de": "Neues", "pt-BR": "Novidades"}, "offers": {}},
    allow_list=("Ann@Example.com", "+15551234"),
)


@pytest.mark.parametrize(
    ("category", "locale", "label"),
    [
        ("news", "en", "News"),
        ("news", "en-GB", "News"),
        ("news", "EN-gb", "News"),
        ("news", "pt-BR", "Novidades"),
        ("news", "fr", "Neues"),
        ("offers", "en", "offers"),
        ("receipts", "en", "receipts"),
    ],
)
def test_a_category_has_the_label_of_the_closest_language(
    category: str, locale: str, label: str
) -> None:
    assert SETTINGS.label_of(category, locale) == label


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("ann@example.com", True), ("+15551234", True), ("bob@example.com", False), ("", False)],
)
def test_only_listed_addresses_receive_test_sends(address: str, *, allowed: bool) -> None:
    assert SETTINGS.allows(address) is allowed


def test_settings_are_read_back_from_what_is_stored() -> None:
    assert DeploymentSettings.of(SETTINGS.to_dict()) == SETTINGS
    assert DeploymentSettings.of({}) == DeploymentSettings()
