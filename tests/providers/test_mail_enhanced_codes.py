"""Which rows of the table of errors an enhanced status code looks for."""

import pytest

from notification_core.providers.mail.enhanced_codes import keys, keys_of_report


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("5.1.1", ["5.1.1", "5.1"]),
        ("5.7.26", ["5.7.26", "5.7.2x", "5.7"]),
        ("5.7.606", ["5.7.606", "5.7.6xx", "5.7"]),
        ("4.4.7", ["4.4.7", "4.4"]),
    ],
)
def test_the_whole_code_comes_before_its_group_and_that_before_its_subject(
    code: str, rows: list[str]
) -> None:
    assert keys(code) == rows


@pytest.mark.parametrize(
    ("status", "diagnostic", "rows"),
    [
        ("5.7.26", "smtp; 550-5.7.26 This mail is unauthenticated", "5.7.26 5.7.2x 5.7"),
        ("5.0.0", "smtp; 550 5.7.606 Access denied, banned", "5.7.606 5.7.6xx 5.7 5.0.0 5.0"),
        ("5.3.0", "smtp; 550 denied", "5.3.0 5.3"),
        ("5.1.1", "", "5.1.1 5.1"),
        ("", "smtp; 550 #5.1.0 Address rejected", "5.1.0 5.1"),
        ("", "smtp; 550 our version is 5.1.1", ""),
        ("", "smtp; 550 5.1.1.2 is an address", ""),
        ("", "smtp; 552 1 Requested mail action aborted", ""),
        ("no status", "x" * 5000, ""),
        ("5.1.1000", "smtp; 550 5.1.1000", ""),
    ],
)
def test_the_code_of_the_server_has_precedence_over_the_status_of_the_report(
    status: str, diagnostic: str, rows: str
) -> None:
    assert keys_of_report(status, diagnostic) == rows.split()
