"""The filters of templates, and those that follow the customs of a locale."""

from typing import Any

import pytest

from notification_content.templates.language.engine import Engine, RenderingFailed

ROWS = [{"n": 2, "name": "b"}, {"n": 10, "name": "a"}]


def rendered(
    source: str, *, locale: str = "en", zone: str = "UTC", part: str = "push/body", **data: Any
) -> str:
    name = f"{locale}/{part}"
    return Engine({name: source}).render(name, data, locale, zone).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a | upper", "TEA"),
        ("a | lower", "tea"),
        ("a | capitalize", "Tea"),
        ("'  x ' | trim", "x"),
        ("a | replace('e', 'o')", "Toa"),
        ("a | replace('', 'o')", "Tea"),
        ("'abcdef' | truncate(4)", "abc…"),
        ("'abc' | truncate(4)", "abc"),
        ("a | length", "3"),
        ("rows | length", "2"),
        ("rows | count", "2"),
        ("a | default('x')", "Tea"),
        ("absent | default('x')", "x"),
        ("none_ | d('x')", "x"),
        ("'' | default('x')", "x"),
        ("numbers | join", "3, 1, 2"),
        ("numbers | join('-')", "3-1-2"),
        ("rows | join(' ', 'name')", "b a"),
        ("numbers | first", "3"),
        ("numbers | last", "2"),
        ("(rows | first).name", "b"),
        ("numbers | sort | join", "1, 2, 3"),
        ("numbers | sort(reverse=true) | join", "3, 2, 1"),
        ("numbers | reverse | join", "2, 1, 3"),
        ("rows | sort(attribute='name') | join(attribute='n')", "10, 2"),
        ("numbers | sum", "6"),
        ("rows | sum('n')", "12"),
        ("n | round", "2"),
        ("n | round(1)", "2.3"),
        ("-3 | abs", "3"),
        ("n | times(2)", "4.52"),
        ("'a b/ü' | urlencode", "a%20b%2F%C3%BC"),
        ("range(3) | join", "0, 1, 2"),
        ("range(1, 6, 2) | join", "1, 3, 5"),
        ("'x' if n > 2 else 'y'", "x"),
    ],
)
def test_a_filter_returns(expression: str, expected: str) -> None:
    data: dict[str, Any] = {
        "a": "Tea",
        "n": 2.26,
        "numbers": [3, 1, 2],
        "rows": ROWS,
        "none_": None,
    }
    assert rendered("{{ " + expression + " }}", **data) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("rows | upper", "the filter `upper` needs a text, not a list"),
        ("yes | upper", "the filter `upper` needs a text, not true or false"),
        ("a | join", "the filter `join` needs a list"),
        ("rows | join", "the filter `join` needs a text, not an object"),
        ("rows | join(attribute='x')", "the filter `join` needs items that have `x`"),
        ("mixed | sort", "the filter `sort` needs items that can be compared"),
        ("a | sum", "the filter `sum` needs a list"),
        ("a | round", "the filter `round` needs a number"),
        ("a | truncate('x')", "the filter `truncate` has wrong arguments"),
        ("a | upper(1)", "the filter `upper` has wrong arguments"),
        ("n | length", "the filter `length` needs a text or a list"),
        ("empty | first", "prints a value that is missing"),
        ("empty | first | upper", "gives a missing value to the filter `upper`"),
        ("'x' | number", "the filter `number` needs a number"),
        ("yes | number", "the filter `number` needs a number"),
        ("'1e99' | number", "the filter `number` needs a number of usual size"),
        ("n | currency('EURO')", "the filter `currency` needs a currency such as EUR"),
        ("n | plural(one='x')", "needs the form `other`"),
        ("a | date", "the filter `date` needs a date such as 2026-11-29"),
        ("n | date", "the filter `date` needs a date such as 2026-11-29"),
        ("'2026-11-29' | time", "the filter `time` needs a time; the value is a date"),
        ("'2026-11-29' | datetime", "the filter `datetime` needs a date with a time"),
        ("'2026-11-29' | date(1)", "needs short, medium, long, full or a pattern"),
    ],
)
def test_a_filter_refuses(expression: str, message: str) -> None:
    data: dict[str, Any] = {
        "a": "Tea",
        "n": 2,
        "rows": ROWS,
        "mixed": [1, "x"],
        "yes": True,
        "empty": [],
    }
    with pytest.raises(RenderingFailed) as failed:
        rendered("\n{{ " + expression + " }}", **data)
    assert message in failed.value.message
    assert failed.value.line == 2


def test_texts_in_html_are_escaped_unless_they_are_safe() -> None:
    source = "{{ a }}|{{ a | upper }}|{{ a | safe }}|{{ a | escape }}|{{ a | safe | lower }}"
    assert rendered(source, part="email/html", a="<B>") == (
        "&lt;B&gt;|&lt;B&gt;|<B>|&lt;B&gt;|&lt;b&gt;"
    )
    assert rendered("{{ a | linebreaks }}", part="email/html", a="<x>\ny") == "&lt;x&gt;<br>\ny"
    assert rendered("{{ [a, 'c'] | join('<br>') }}", part="email/html", a="b") == "b&lt;br&gt;c"


ENGLISH = "{{ n | plural(one='# item', other='# items') }}"
POLISH = "{{ n | plural(one='# plik', few='# pliki', many='# plików', other='# pliku') }}"
ARABIC = (
    "{{ n | plural(zero='zero', one='one', two='two', few='few', many='many', other='other') }}"
)


@pytest.mark.parametrize(
    ("locale", "source", "number", "expected"),
    [
        ("en", ENGLISH, 1, "1 item"),
        ("en", ENGLISH, 0, "0 items"),
        ("en", ENGLISH, 1234, "1,234 items"),
        ("en", ENGLISH, 1.5, "1.5 items"),
        ("de", ENGLISH, 1234, "1.234 items"),
        ("en", "{{ n | plural(zero='nothing', other='#') }}", 0, "nothing"),
        ("pl", POLISH, 1, "1 plik"),
        ("pl", POLISH, 3, "3 pliki"),
        ("pl", POLISH, 5, "5 plików"),
        ("pl", POLISH, 22, "22 pliki"),
        ("pl", POLISH, 1.5, "1,5 pliku"),
        *[
            ("ar", ARABIC, number, form)
            for number, form in [
                (0, "zero"), (1, "one"), (2, "two"), (3, "few"), (10, "few"), (11, "many"),
                (99, "many"), (100, "other"), (103, "few"), (0.5, "other"),
            ]
        ],
    ],
)  # fmt: skip
def test_plural_forms_are_those_of_the_locale(
    locale: str, source: str, number: float, expected: str
) -> None:
    assert rendered(source, locale=locale, n=number) == expected


@pytest.mark.parametrize(
    ("locale", "expression", "expected"),
    [
        ("en", "n | number", "1,234.5"),
        ("de", "n | number", "1.234,5"),
        ("de-CH", "n | number", "1'234.5"),
        ("hi", "123456.5 | number(1)", "1,23,456.5"),
        ("de", "n | number(2)", "1.234,50"),
        ("de", "n | number(0)", "1.234"),
        ("en", "'0.10' | number(2)", "0.10"),
        ("en", "0.256 | percent", "26%"),
        ("de", "0.256 | percent(1)", "25,6\xa0%"),
        ("en", "n | currency('EUR')", "€1,234.50"),
        ("de", "n | currency('eur')", "1.234,50\xa0€"),
        ("ja", "n | currency('JPY')", "￥1,234"),
        ("en", "day | date", "Nov 29, 2026"),
        ("de", "day | date('long')", "29. November 2026"),
        ("de-AT", "day | date('d. MMMM')", "29. November"),
        ("en", "at | date", "Nov 29, 2026"),
        ("en", "at | time", "11:30 PM"),
        ("de", "at | time", "23:30"),
        ("de", "at | datetime('short')", "29.11.26, 23:30"),
        ("x-unknown", "n | number", "1,234.5"),
        ("de-1996-x-office", "n | number", "1.234,5"),
    ],
)
def test_numbers_and_dates_are_those_of_the_locale(
    locale: str, expression: str, expected: str
) -> None:
    data: dict[str, Any] = {"n": 1234.5, "day": "2026-11-29", "at": "2026-11-29T23:30:00Z"}
    assert rendered("{{ " + expression + " }}", locale=locale, **data) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Vienna", "30.11.2026 00:30"),
        ("America/New_York", "29.11.2026 18:30"),
        ("UTC", "29.11.2026 23:30"),
        ("Nowhere/City", "29.11.2026 23:30"),
    ],
)
def test_times_are_in_the_zone_of_the_recipient(zone: str, expected: str) -> None:
    source = "{{ at | date('dd.MM.yyyy') }} {{ at | time }}"
    assert rendered(source, locale="de", zone=zone, at="2026-11-29T23:30:00Z") == expected
    local = rendered(source, locale="de", zone=zone, at="2026-11-29T08:00:00")
    assert local == "29.11.2026 08:00"
