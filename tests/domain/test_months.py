"""Entries that are listed by month."""

import pytest

from notification_core.domain.months import month_of, months_back, position_of, split_token
from tests.builders import NOON


@pytest.mark.parametrize(
    ("oldest", "months"),
    [
        ("2026-02", ["2026-02"]),
        ("2025-11", ["2026-02", "2026-01", "2025-12", "2025-11"]),
        ("2026-03", []),
    ],
)
def test_months_are_counted_back_over_the_turn_of_the_year(oldest: str, months: list[str]) -> None:
    assert list(months_back("2026-02", oldest)) == months


def test_a_token_has_a_month_and_a_position() -> None:
    position = position_of(NOON, "1")

    assert split_token(f"{month_of(NOON)}/{position}") == ("2026-03", position)
    assert split_token("2026-03") == ("2026-03", "")


@pytest.mark.parametrize(
    "token", ["", "2026", "2026_03", "2026-0x", "20a6-03", "\u0662026-03", "/"]
)
def test_another_text_is_no_token(token: str) -> None:
    assert split_token(token) is None
