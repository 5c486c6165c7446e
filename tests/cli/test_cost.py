"""`notify cost` calls no deployment, and shows the result of the calculator."""

import json

import pytest

from notification_system.cost.amounts import usd
from notification_system.cost.lines import total
from notification_system.cost.rules import bill
from notification_system.cost.usage import Usage
from tests.cli.conftest import notify

USAGE = Usage(per_month=50_000, bulk=True, target="twilio", body_bytes=4000, retention_days=30)
WORDS = ("--per-month", "50000", "--bulk", "--target", "twilio", "--body-bytes", "4000")


def test_it_shows_each_line_and_the_sum() -> None:
    ran = notify("cost", *WORDS, "--retention-days", "30")

    assert ran.code == 0, ran.err
    assert f"{usd(total(bill(USAGE)))} a month at list price" in " ".join(ran.out.split())
    for line in bill(USAGE):
        assert line.what in ran.out
    assert ran.widest <= 80


def test_its_json_has_every_quantity_price_and_source() -> None:
    document = json.loads(notify("cost", *WORDS, "--retention-days", "30", "--json").out)

    assert document["usage"]["target"] == "twilio"
    assert document["usd"] == pytest.approx(total(bill(USAGE)))
    assert sum(document["parts"].values()) == pytest.approx(document["usd"])
    for line in document["lines"]:
        assert line["source"].startswith("https://")
        assert line["quantity"] > 0


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (("--precision", "exact"), {"precision": "exact"}),
        (("--architecture", "x86_64"), {"architecture": "x86_64"}),
        (("--tracing",), {"tracing": True}),
        (("--parameter-store",), {"parameter_store": True}),
        (("--unconfirmed",), {"confirmed": False}),
        (("--console",), {"console": True}),
    ],
)
def test_each_choice_reaches_the_calculator(
    words: tuple[str, ...], changed: dict[str, object]
) -> None:
    document = json.loads(notify("cost", "--per-month", "1000", *words, "--json").out)

    assert changed.items() <= document["usage"].items()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--per-month", "-1"),
        ("--per-month", "1", "--target", "pigeon"),
        ("--per-month", "1", "--precision", "hour"),
        ("--per-month", "1", "--architecture", "arm"),
    ],
)
def test_invalid_options_are_rejected(words: tuple[str, ...]) -> None:
    ran = notify("cost", *words)

    assert ran.code == 2
    assert ran.err
