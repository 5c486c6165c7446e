"""The names of what a user may opt out of."""

import pytest

from notification_core.domain.consent_scopes import (
    category_scope,
    check_category,
    narrowest_scope,
    target_scope,
)
from notification_core.domain.errors import InvalidInput

NEWS, SMS = category_scope("news"), target_scope("sms")


@pytest.mark.parametrize("category", ["a", "news", "A1_.:-", "0", "x" * 64])
def test_a_category_is_a_short_plain_word(category: str) -> None:
    check_category(category)

    assert category_scope(category) == f"category:{category}"


@pytest.mark.parametrize(
    "category", ["", " ", ".news", "-", "new s", "é", "x" * 65, "news\n", "a/b"]
)
def test_an_invalid_category_is_named(category: str) -> None:
    with pytest.raises(InvalidInput, match=r"^colour: must be 1 to 64"):
        check_category(category, "colour")
    with pytest.raises(InvalidInput, match=r"^category: "):
        category_scope(category)


def test_the_narrowest_scope_is_the_category_or_else_the_target() -> None:
    assert narrowest_scope("sms", "news") == NEWS
    assert narrowest_scope("sms", None) == SMS
