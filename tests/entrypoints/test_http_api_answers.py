"""How large an answer is on its way out of the function, and what is done about it."""

import json

import pytest
from pydantic import BaseModel

from notification_core.domain.paging import Page
from notification_core.entrypoints.http_api import answers
from notification_core.entrypoints.http_api.answers import (
    MAX_ANSWER,
    fitting,
    fitting_page,
    size_of,
    to_json,
)

LIMIT = 6 * 1024 * 1024  #: bytes of a function's answer (AWS Lambda quotas)
OLD, NEW = "AWS_Lambda_python3.11", "AWS_Lambda_python3.13"


class Text(BaseModel):
    """An answer."""

    text: str


def sent(answer: Text, runtime: str) -> bytes:
    """Marshal a function's answer as Lambda's runtime does."""
    response = {"statusCode": 200, "body": to_json(answer.model_dump())}
    ascii_only = runtime == OLD
    text = json.dumps(response, ensure_ascii=ascii_only)
    for each in ("\u2028", "\u2029"):  # simplejson escapes them in any case
        text = text.replace(each, rf"\u{ord(each):04x}")
    return text.encode()


TEXTS = {
    "ASCII": "lorem ipsum",
    "CJK": "通知",
    "emoji": "🎉",
    "umlauts": "äöüß",
    "quotation marks": '"',
    "backslashes": "\\",
    "line ends": "\n",
    "control characters": "\x01\x7f",
    "separators": "\u2028\u2029",
}


@pytest.mark.parametrize("runtime", [OLD, "AWS_Lambda_python3.12", NEW])
@pytest.mark.parametrize("kind", TEXTS)
def test_the_size_is_what_the_runtime_sends(
    monkeypatch: pytest.MonkeyPatch, kind: str, runtime: str
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)
    envelope = len(sent(Text(text=""), runtime)) - size_of(Text(text=""))

    for count in (1, 1000):
        answer = Text(text=TEXTS[kind] * count)
        assert len(sent(answer, runtime)) == size_of(answer) + envelope
    assert 0 < envelope < LIMIT - MAX_ANSWER


@pytest.mark.parametrize("runtime", ["", "AWS_Lambda_python3.99"])
def test_a_runtime_that_is_not_known_is_taken_for_one_that_escapes(
    monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", OLD)
    known = size_of(Text(text="🎉"))
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)

    assert size_of(Text(text="🎉")) == known


def of_size(size: int) -> Text:
    """An answer of so many bytes."""
    return Text(text="x" * (size - size_of(Text(text=""))))


def test_an_answer_is_brief_only_where_it_would_be_too_large() -> None:
    brief = Text(text="brief")
    whole = of_size(MAX_ANSWER)

    assert fitting(lambda: whole, lambda: brief) is whole
    assert fitting(lambda: of_size(MAX_ANSWER + 1), lambda: brief) is brief


@pytest.mark.parametrize(
    ("each", "limits"),
    [
        (10, [100]),
        (400, [100, 25]),
        (401, [100, 25, 6]),
        (10_000, [100, 25, 6, 1]),
        (10_001, [100, 25, 6, 1]),
    ],
)
def test_a_page_is_of_fewer_where_they_are_large(
    monkeypatch: pytest.MonkeyPatch, each: int, limits: list[int]
) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER", 10_000)
    page = Page(list(range(100)), "the end", [f"after {n}" for n in range(100)])
    asked: list[Page[int]] = []

    def answer_of(some: Page[int]) -> Text:
        asked.append(some)
        return of_size(each * len(some.items))

    assert size_of(fitting_page(answer_of, page)) == each * limits[-1]
    assert [len(some.items) for some in asked] == limits
    for some in asked:
        count = len(some.items)
        assert some.items == list(range(count))
        assert some.next == ("the end" if count == 100 else f"after {count - 1}")
