"""What is left of an address where it need not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.redaction import BLOT, redacted, shortened

ADDRESSES = [
    "coolkid@nd.edu",
    "first.last+tag@mail.example.com",
    "+15551234567",
    "15551234567",
    "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]",
    "ExpoPushToken[a-b_c]",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "around", ["{}", "no route to {}.", "<{}> is full", '"{}": gone', "To: {}"]
)
def test_a_providers_words_lose_every_address(address: str, around: str) -> None:
    assert redacted(around.format(address)).rstrip(".") == around.format(BLOT).rstrip(".")


@pytest.mark.parametrize(
    "words",
    ["", "is not valid", "error 30007", "552 5.2.2 mailbox full", "429", "a @ b", "[no token]"],
)
def test_words_without_an_address_stay_as_they_are(words: str) -> None:
    assert redacted(words) == words


@given(st.text(max_size=60), st.sampled_from(ADDRESSES), st.text(max_size=60))
def test_an_address_is_found_between_any_words(before: str, address: str, after: str) -> None:
    assert address not in redacted(f"{before} {address} {after}")


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("+15551230004", f"+1555{BLOT}0004"),
        ("+12345678901", f"+1234{BLOT}8901"),
        ("+1234567890", f"+1{BLOT}"),
        ("eggs@x.org", f"eg{BLOT}@x.org"),
        ("abc@x.org", f"a{BLOT}@x.org"),
        ("ab@x.org", f"a{BLOT}@x.org"),
        ("a@x.org", f"{BLOT}@x.org"),
        ("ExponentPushToken[abcdefgh]", f"ExponentPushToken[abcd{BLOT}]"),
        ("ExpoPushToken[abcdefgh]", f"ExpoPushToken[abcd{BLOT}]"),
        ("https://example.com/hooks/secret-1234567890", f"https://exam{BLOT}"),
        ("123", f"1{BLOT}"),
        ("1", BLOT),
        ("@", BLOT),
    ],
)
def test_an_address_is_shortened_to_what_tells_it_from_the_others(address: str, short: str) -> None:
    assert shortened(address) == short


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_of_a_phone_number_three_digits_at_least_are_never_shown(number: str) -> None:
    assert len(shortened(number).replace(BLOT, "")) <= len(number) - 3
