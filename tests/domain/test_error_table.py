"""What a provider's codes mean: by its table, by its HTTP status, by what the handler says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.error_table import ErrorTable, Row, class_of_status
from notification_core.domain.failures import FAILURES, ErrorClass, ProviderError
from tests.builders import a_table

TABLE = a_table(
    _21211={"class": "recipient", "description": "the number is not one"},
    _30006={"class": "recipient", "soft": True, "retries": 1},
    _429={"class": "throttled"},
    quota={"class": "account", "docs_url": "https://pigeon.example/quota"},
)


def test_a_code_has_the_meaning_of_its_row() -> None:
    failure = TABLE.failure(ProviderError(21211, message="not a number", status=400))

    assert failure.error_class is ErrorClass.RECIPIENT
    assert (failure.code, failure.message) == ("21211", "not a number")
    assert (failure.soft, failure.retries, failure.retry_after) == (False, 0, None)


def test_a_soft_row_has_its_number_of_retries() -> None:
    failure = TABLE.failure(ProviderError("30006"))

    assert (failure.soft, failure.retries) == (True, 1)


def test_the_more_telling_code_decides_where_the_table_knows_it() -> None:
    told = TABLE.failure(ProviderError("quota", "429"))
    plain = TABLE.failure(ProviderError("new-code", "429"))
    unknown = TABLE.failure(ProviderError("new-code", "400", status=400))

    assert (told.code, told.error_class) == ("quota", ErrorClass.ACCOUNT)
    assert (plain.code, plain.error_class) == ("429", ErrorClass.THROTTLED)
    assert (unknown.code, unknown.error_class) == ("400", ErrorClass.MESSAGE)


STATUSES = [
    (400, ErrorClass.MESSAGE),
    (401, ErrorClass.CONFIGURATION),
    (403, ErrorClass.CONFIGURATION),
    (404, ErrorClass.MESSAGE),
    (408, ErrorClass.TRANSIENT),
    (413, ErrorClass.MESSAGE),
    (425, ErrorClass.TRANSIENT),
    (429, ErrorClass.THROTTLED),
    (499, ErrorClass.MESSAGE),
    (500, ErrorClass.AMBIGUOUS),
    (502, ErrorClass.AMBIGUOUS),
    (503, ErrorClass.AMBIGUOUS),
    (504, ErrorClass.AMBIGUOUS),
    (599, ErrorClass.AMBIGUOUS),
]


@pytest.mark.parametrize(("status", "error_class"), STATUSES)
def test_a_code_that_no_row_has_means_what_the_http_status_does(
    status: int, error_class: ErrorClass
) -> None:
    assert class_of_status(status) is error_class
    assert ErrorTable().failure(ProviderError("x", status=status)).error_class is error_class


def test_the_handlers_class_has_precedence_over_the_http_status_and_not_over_the_table() -> None:
    transient = ErrorClass.TRANSIENT

    unknown = TABLE.failure(ProviderError("x", status=400, otherwise=transient))
    known = TABLE.failure(ProviderError("21211", status=400, otherwise=transient))

    assert (unknown.error_class, known.error_class) == (transient, ErrorClass.RECIPIENT)


def test_an_error_without_a_code_or_a_status_is_the_messages_fault() -> None:
    failure = TABLE.failure(ProviderError())

    assert (failure.code, failure.error_class) == ("unknown", ErrorClass.MESSAGE)


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_a_row_may_have_any_class_and_makes_its_failure(error_class: ErrorClass) -> None:
    table = a_table(x={"class": error_class.value})

    assert type(table.failure(ProviderError("x"))) is FAILURES[error_class]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None),
        (3, 3.0),
        (0.5, 0.5),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
        ("nan", None),
        (float("nan"), None),
    ],
)
@pytest.mark.parametrize("code", ["429", "x"])
def test_a_retry_after_that_is_not_a_number_is_none(
    code: str, said: str | float | None, seconds: float | None
) -> None:
    assert TABLE.failure(ProviderError(code, retry_after=said)).retry_after == seconds


def test_a_providers_words_are_kept_without_the_address() -> None:
    failure = TABLE.failure(ProviderError("x", message="no such user: coolkid@nd.edu"))

    assert failure.message == "no such user: •••"


def test_a_failure_without_a_message_has_an_empty_text() -> None:
    assert TABLE.failure(ProviderError("x", message=None)).message == ""


def test_an_overridden_row_keeps_the_fields_that_are_not_given() -> None:
    overruled = TABLE.overruled({"21211": Row(error_class=ErrorClass.MESSAGE)})

    row = overruled.rows["21211"]
    assert (row.error_class, row.description) == (ErrorClass.MESSAGE, "the number is not one")
    assert overruled.rows["quota"] == TABLE.rows["quota"]
    assert TABLE.rows["21211"].error_class is ErrorClass.RECIPIENT


def test_an_overridden_row_may_have_another_description_and_link() -> None:
    row = Row(
        error_class=ErrorClass.ACCOUNT, description="we owe them", docs_url="https://bills.example"
    )

    assert TABLE.overruled({"quota": row}).rows["quota"] == row


def test_an_overridden_row_is_soft_only_if_it_is_marked_so() -> None:
    overruled = TABLE.overruled({"30006": Row(error_class=ErrorClass.RECIPIENT)})

    assert not overruled.has_soft
    assert TABLE.has_soft


def test_a_row_may_be_added() -> None:
    added = TABLE.overruled({"new": Row(error_class=ErrorClass.TRANSIENT)})

    assert added.failure(ProviderError("new")).error_class is ErrorClass.TRANSIENT
    assert added.rows["new"] == Row(error_class=ErrorClass.TRANSIENT)


@pytest.mark.parametrize(
    ("code", "link"),
    [
        ("21211", "https://pigeon.example/errors/21211"),
        ("quota", "https://pigeon.example/quota"),
        ("429", "https://pigeon.example/errors/429"),
        ("30999", "https://pigeon.example/errors/30999"),
        ("503", None),
        ("read-timeout", None),
        ("", None),
    ],
)
def test_a_code_leads_to_where_the_provider_explains_it(code: str, link: str | None) -> None:
    assert TABLE.link(code) == link


def test_a_table_without_a_page_leads_nowhere_but_by_its_rows() -> None:
    table = ErrorTable("", TABLE.rows)

    assert (table.link("21211"), table.link("30999")) == (None, None)
    assert table.link("quota") == "https://pigeon.example/quota"


def test_the_page_for_all_codes_is_not_a_page_for_an_unknown_code() -> None:
    table = ErrorTable("https://pigeon.example/errors", TABLE.rows)

    assert table.link("21211") == "https://pigeon.example/errors"
    assert table.link("30999") is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"class": "message", "soft": True}, "soft"),
        ({"class": "transient", "retries": 1}, "retries"),
        ({"class": "recipient", "retries": 1}, "not retried"),
        ({"class": "recipient", "soft": True, "retries": -1}, "from 0"),
        ({"class": "recipient", "soft": True, "retries": "2"}, "from 0"),
        ({"class": "recipient", "soft": True, "retries": True}, "from 0"),
        ({"class": "recipient", "soft": "false"}, "true or false"),
        ({"class": "configuration", "pause_after": 0}, "from 1"),
        ({"class": "configuration", "pause_after": True}, "from 1"),
        ({"class": "message", "pause_after": 3}, "goes with the class configuration"),
        ({"class": "nobody"}, "nobody"),
        ({"class": "message", "colour": "black"}, "colour"),
        ({}, "class"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError), match=words):
        Row.of(said)


texts = st.text(max_size=8)
rows = st.builds(
    Row,
    error_class=st.sampled_from(list(ErrorClass)),
    description=texts,
    docs_url=st.none() | texts.filter(bool),
) | st.builds(
    Row,
    error_class=st.just(ErrorClass.RECIPIENT),
    soft=st.just(value=True),
    retries=st.integers(0, 9),
)


@given(st.builds(ErrorTable, texts, st.dictionaries(texts, rows, max_size=5)))
def test_a_table_is_read_back_as_it_was_written(table: ErrorTable) -> None:
    assert ErrorTable.of(json.loads(json.dumps(table.to_dict()))) == table


@given(
    codes=st.lists(st.sampled_from(["21211", "30006", "429", "quota", "x", "503"]), max_size=4),
    status=st.none() | st.integers(100, 599),
    otherwise=st.none() | st.sampled_from(list(ErrorClass)),
)
def test_every_answer_is_judged_by_the_first_code_that_is_known(
    codes: list[str], status: int | None, otherwise: ErrorClass | None
) -> None:
    failure = TABLE.failure(ProviderError(*codes, status=status, otherwise=otherwise))

    known = [code for code in codes if code in TABLE.rows]
    if known:
        expected = known[0], TABLE.rows[known[0]].error_class
    else:
        by_status = class_of_status(400 if status is None else status)
        expected = (codes or ["unknown"])[-1], otherwise or by_status
    assert (failure.code, failure.error_class) == expected


def test_how_many_reports_pause_a_target_is_part_of_a_row() -> None:
    table = a_table(_5726={"class": "configuration", "pause_after": 3}, _20003={"class": "account"})

    failures = [table.failure(ProviderError(code)) for code in ("5726", "20003", "503")]
    assert [each.pause_after for each in failures] == [3, 1, 1]
    assert ErrorTable.of(table.to_dict()) == table
