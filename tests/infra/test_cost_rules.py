"""What a month costs: sums that a person can check, and the goals."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.cost import page
from notification_system.cost.amounts import usd
from notification_system.cost.lines import PARTS, Line, after_free, total
from notification_system.cost.prices import LOOKED_UP, prices
from notification_system.cost.rules import bill
from notification_system.cost.usage import ARCHITECTURES, PRECISIONS, TARGETS, Usage

MILLION = Usage(per_month=1_000_000, retention_days=30)

USAGES = st.builds(
    Usage,
    per_month=st.integers(0, 10_000_000),
    bulk=st.booleans(),
    target=st.sampled_from(TARGETS),
    body_bytes=st.integers(1, 200_000),
    retention_days=st.integers(1, 400),
    precision=st.sampled_from(PRECISIONS),
    architecture=st.sampled_from(ARCHITECTURES),
    tracing=st.booleans(),
    parameter_store=st.booleans(),
    confirmed=st.booleans(),
    console=st.booleans(),
)


def quantities(usage: Usage, part: str = "notifications") -> dict[str, float]:
    """Each line of a part: how much there is of it."""
    return {each.what: each.quantity for each in bill(usage) if each.part == part}


@settings(deadline=None, max_examples=50)
@given(USAGES)
def test_every_line_has_a_part_a_price_and_a_quantity(usage: Usage) -> None:
    for line in bill(usage):
        assert line.part in PARTS
        assert line.price in prices()
        assert line.quantity > 0


@settings(deadline=None, max_examples=50)
@given(USAGES)
def test_nothing_is_charged_for_what_is_free(usage: Usage) -> None:
    lines = bill(usage)

    assert 0 <= after_free(lines) <= total(lines)
    assert total(lines) == pytest.approx(sum(total(lines, part) for part in PARTS))


@settings(deadline=None, max_examples=50)
@given(USAGES, st.integers(1, 1_000_000))
def test_more_notifications_cost_more(usage: Usage, more: int) -> None:
    assert total(bill(replace(usage, per_month=usage.per_month + more))) > total(bill(usage))


@settings(deadline=None, max_examples=50)
@given(USAGES)
def test_every_choice_that_saves_money_does(usage: Usage) -> None:
    dear = replace(usage, tracing=True, parameter_store=False, precision="exact")
    dear = replace(dear, architecture="x86_64", bulk=False, confirmed=True, per_month=100_000)
    dear = replace(dear, console=True)
    for cheaper in (
        replace(dear, tracing=False),
        replace(dear, parameter_store=True),
        replace(dear, precision="second"),
        replace(dear, architecture="arm64"),
        replace(dear, bulk=True),
        replace(dear, confirmed=False),
        replace(dear, console=False),
    ):
        assert total(bill(cheaper)) < total(bill(dear))


def test_the_free_tier_is_subtracted_once_for_all_lines() -> None:
    lines = [Line("rest", "one", 0.8e6, "sqs_request"), Line("rest", "other", 0.7e6, "sqs_request")]

    assert after_free(lines) == pytest.approx(0.5e6 * 0.40e-6)


def test_isolated_notifications_are_asked_for_sent_and_taken_one_by_one() -> None:
    found = quantities(MILLION)

    assert found["requests of the API"] == 1_000_000
    assert found["messages"] == 3_000_000
    assert found["runs of functions"] == 2_000_000


def test_in_bulk_a_hundred_share_a_request_and_a_thousand_a_run() -> None:
    found = quantities(replace(MILLION, bulk=True))

    assert found["requests of the API"] == 10_000
    assert found["runs of functions"] == 11_000


def test_waiting_for_the_moment_is_charged_by_the_second() -> None:
    held = quantities(replace(MILLION, precision="exact"))["time"] - quantities(MILLION)["time"]

    assert held == pytest.approx(1_000_000 * 1.5 * 0.5)


def test_a_body_that_fits_into_the_item_costs_nothing_in_s3() -> None:
    assert quantities(replace(MILLION, body_bytes=300), "contents") == {}

    found = quantities(replace(MILLION, body_bytes=2000), "contents")
    assert (found["S3, writes"], found["S3, reads"]) == (1_000_000, 1_000_000)


def test_a_trace_is_made_of_each_run_up_to_one_a_second() -> None:
    assert quantities(replace(MILLION, tracing=True))["traces"] == 2_000_000
    many = quantities(replace(MILLION, per_month=10_000_000, tracing=True))
    assert many["traces"] == pytest.approx(2 * (2_628_000 + 7_372_000 * 0.05))


#: Write units come down to 6 + 1, and those of ticks to one each, by changes of the tables.
def test_a_million_isolated_e_mails_cost_at_most_16_dollars() -> None:
    assert total(bill(MILLION), "notifications") <= 16


def test_a_million_e_mails_in_bulk_cost_at_most_6_dollars() -> None:
    assert total(bill(replace(MILLION, bulk=True)), "notifications") <= 6


def test_at_rest_a_month_costs_at_most_6_dollars_and_a_half() -> None:
    assert total(bill(replace(MILLION, per_month=0))) <= 6.50


def test_at_rest_it_costs_less_with_the_credentials_in_parameter_store() -> None:
    assert total(bill(replace(MILLION, per_month=0, parameter_store=True))) <= 6.50


@pytest.mark.parametrize("file", page.PAGES, ids=lambda file: file.name)
def test_a_page_has_the_calculators_tables(file: Path) -> None:
    text = file.read_text()

    assert text == page.filled(text), "run: make costs"


def test_each_table_stands_on_one_page() -> None:
    texts = "".join(file.read_text() for file in page.PAGES)

    for name in page.TABLES:
        assert texts.count(f"<!-- {name} -->") == 1


def test_every_price_has_its_page_and_the_day_it_was_looked_up() -> None:
    text = page.PAGES[0].read_text()

    assert date.fromisoformat(LOOKED_UP)
    assert LOOKED_UP in text
    for price in prices().values():
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.usd > 0


def test_the_page_and_the_calculator_agree_about_each_choice() -> None:
    text = page.PAGES[0].read_text()
    exact = total(bill(replace(MILLION, precision="exact"))) - total(bill(MILLION))
    kept = total(bill(replace(MILLION, retention_days=60))) - total(bill(MILLION))

    assert f"about ${exact:.0f} for each million" in text
    assert f"{usd(kept)} per million and 30 days" in text
