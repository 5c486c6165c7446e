"""What a caller may say, and what a refusal tells."""

from typing import Any

import pytest

from notification_core.domain.content import MAX_BODY, MAX_EXTRA, MAX_TITLE, Content
from notification_core.domain.errors import InvalidInput

GOOD: dict[str, Any] = {"title": "Good morning", "body": "lorem ipsum", "extra": {}}
HALF = "\ud83d"  # of a surrogate pair
NO_BREAK_SPACE, NON_JOINER, JOINER = "\u00a0", "\u200c", "\u200d"


def nested(depth: int) -> dict[str, Any]:
    """An object in an object in an object."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "said",
    [
        {"title": "t" * MAX_TITLE},
        {"title": "😀" * MAX_TITLE},
        {"title": f"Bonjour{NO_BREAK_SPACE}!"},
        {"title": f"\u0645\u06cc{NON_JOINER}\u062e 👨{JOINER}👩{JOINER}👧"},
        {"body": "b" * MAX_BODY},
        {"body": "ü" * (MAX_BODY // 2)},
        {"body": "two\nlines\ttabbed"},
        {"extra": {"a": "x" * (MAX_EXTRA - len('{"a":""}'))}},
        {"extra": {"a": [1, 2.5, None, True, {"b": "ü"}]}},
    ],
)
def test_content_within_the_limits_is_kept_as_it_is(said: dict[str, Any]) -> None:
    content = Content.checked(**GOOD | said)

    assert {"title": content.title, "body": content.body, "extra": content.extra} == GOOD | said
    assert content.key is None


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"title": ""}, "title", "must not be empty"),
        ({"title": " \t"}, "title", "must not be empty"),
        ({"title": "t" * 257}, "title", "must be at most 256 characters, not 257"),
        ({"title": "a\nBcc: b"}, "title", "must be one line without control characters"),
        ({"title": "a\x00"}, "title", "must be one line without control characters"),
        ({"title": "a\u2028b"}, "title", "must be one line without control characters"),
        ({"title": HALF}, "title", "contains half of a surrogate pair, which is not valid text"),
        ({"body": ""}, "body", "must not be empty"),
        ({"body": "\n "}, "body", "must not be empty"),
        ({"body": "b" * 204_801}, "body", "must be at most 204800 bytes, not 204801"),
        ({"body": "ü" * 102_401}, "body", "must be at most 204800 bytes, not 204802"),
        ({"body": HALF}, "body", "contains half of a surrogate pair, which is not valid text"),
        ({"extra": {"a": "x" * 32_761}}, "extra", "must be at most 32768 bytes, not 32769"),
        (
            {"extra": {"a": HALF}},
            "extra",
            "contains half of a surrogate pair, which is not valid text",
        ),
    ],
)
def test_content_above_a_limit_is_refused_with_the_field_the_limit_and_the_size(
    said: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        Content.checked(**GOOD | said)

    [error] = refused.value.fields
    assert (error.field, error.message) == (field, message)
    assert refused.value.detail == f"{field}: {message}"


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), [float("-inf")], nested(100_000)],
    ids=["NaN", "an infinity", "one in a list", "nested too deeply"],
)
def test_content_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^extra: is not valid JSON"):
        Content.checked(**GOOD | {"extra": {"a": value}})
