"""The tables of `docs/costs.md`, which are between `<!-- name -->` and `<!-- end -->`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from notification_system.cost.amounts import quantity, usd
from notification_system.cost.counts import counts
from notification_system.cost.lines import Line, after_free, total
from notification_system.cost.prices import prices
from notification_system.cost.rules import bill
from notification_system.cost.usage import TARGETS, Usage

_PROJECT = Path(__file__).resolve().parents[2]
#: The files that contain tables.
PAGES = (_PROJECT / "docs" / "costs.md",)

#: The usage that the tables, and the goals, describe.
MILLION = Usage(per_month=1_000_000, retention_days=30)


def filled(text: str) -> str:
    """Return the page with new tables. Raises KeyError for a mark that does not name a table."""

    def table(match: re.Match[str]) -> str:
        rows = "\n".join(TABLES[match[1]]())
        return f"<!-- {match[1]} -->\n{rows}\n<!-- end -->"

    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def summary() -> Iterator[str]:
    """Yield the table of the totals."""
    rest = bill(replace(MILLION, per_month=0))
    yield from _rows("", "a month")
    yield _row("at rest", usd(total(rest)))
    yield _row("at rest, after the free tier of every account", usd(after_free(rest)))
    alone, bulk = (usd(_sum(replace(MILLION, bulk=in_bulk))) for in_bulk in (False, True))
    yield _row("a million e-mails, each alone in its second, kept 30 days", alone)
    yield _row("a million e-mails in batches of a hundred, 500 due in a second, kept 30 days", bulk)
    exact = _sum(replace(MILLION, precision="exact")) - _sum(MILLION)
    yield _row("additional: `precision: exact`, if each is sent alone", usd(exact))
    for target, how in CONFIRMED.items():
        cost = total(bill(replace(MILLION, target=target)), "confirmations")
        yield _row(f"additional: {how}, if each is sent alone", usd(cost))
    large = total(bill(replace(MILLION, body_bytes=2000)), "contents")
    yield _row("additional: bodies of 2 KB, which are stored in S3", usd(large))


CONFIRMED = {
    "email": "confirmations by events of SES",
    "twilio": "confirmations by Twilio's callbacks",
    "expo": "confirmations by Expo's receipts",
}


def at_rest() -> Iterator[str]:
    """Yield the table of a deployment without traffic."""
    lines = bill(replace(MILLION, per_month=0))
    yield from _rows("", "quantity", "price", "a month")
    for line in lines:
        yield _row(line.what, quantity(line.quantity), _price(line), usd(line.usd))
    yield _row("**Sum**", "", "", f"**{usd(total(lines))}**")
    yield _row("after the free tier of every account", "", "", usd(after_free(lines)))
    cheaper = bill(replace(MILLION, per_month=0, parameter_store=True))
    yield _row("`CredentialsIn=ParameterStore`", "", "", usd(total(cheaper)))


def million() -> Iterator[str]:
    """Yield the table of a million e-mails, alone and in bulk."""
    alone, bulk = (_of(replace(MILLION, bulk=in_bulk)) for in_bulk in (False, True))
    yield from _rows("", "alone", "", "in bulk", "", "price")
    for what in {**alone, **bulk}:
        one, many = alone.get(what), bulk.get(what)
        yield _row(what, *_cells(one), *_cells(many), _price(one or many))
    sums = [f"**{usd(_sum(replace(MILLION, bulk=in_bulk)))}**" for in_bulk in (False, True)]
    yield _row("**Sum, `precision: second`**", "", sums[0], "", sums[1], "")
    for words, other in VARIANTS.items():
        variant_sums = [usd(_sum(replace(other, bulk=in_bulk))) for in_bulk in (False, True)]
        yield _row(words, "", variant_sums[0], "", variant_sums[1], "")


VARIANTS = {
    "the same, `precision: exact`": replace(MILLION, precision="exact"),
    "the same, `Console` true": replace(MILLION, console=True),
    "the same, without confirmations": replace(MILLION, confirmed=False),
    "the same, `RetentionDays` 90": replace(MILLION, retention_days=90),
    "the same, `Architecture` x86_64": replace(MILLION, architecture="x86_64"),
    "the same, `Tracing` Active": replace(MILLION, tracing=True),
}


def confirmations() -> Iterator[str]:
    """Yield the table of a million confirmations, by provider."""
    how = {
        "email": "an event of SES each, through a queue",
        "twilio": "two callbacks each, through the API",
        "expo": "one request for its receipt each, by the consumer",
    }
    yield from _rows("", "", "alone", "in bulk")
    for target in TARGETS:
        bills = [
            bill(replace(MILLION, target=target, bulk=in_bulk, body_bytes=200))
            for in_bulk in (False, True)
        ]
        yield _row(target, how[target], *(usd(total(lines, "confirmations")) for lines in bills))


def contents() -> Iterator[str]:
    """Yield the table of the costs of larger bodies."""
    yield from _rows("Bytes of a body", "`RetentionDays` 30", "`RetentionDays` 90")
    for size in (2_000, 20_000, 200_000):
        usages = [replace(MILLION, body_bytes=size, retention_days=days) for days in (30, 90)]
        yield _row(f"{size:,}", *(usd(total(bill(usage), "contents")) for usage in usages))


def searches() -> Iterator[str]:
    """Yield the write units of notifications that the sparse indexes hold."""
    yield from _rows("Write units", "created", "sent", "confirmed", "sum", "a million")
    for words, name in SEARCHES.items():
        units = [counts().steps[f"{step}{name}"].writes for step in STEPS]
        cost = usd(sum(units) * 1e6 * prices()["write_unit"].usd)
        yield _row(words, *map(quantity, units), quantity(sum(units)), cost)


STEPS = ("create", "deliver", "confirm")
SEARCHES = {
    "without a `reference`": "",
    "with a `reference`": "_reference",
    "without a `reference`, `ProviderIdIndex` true": "_provider_id",
}


def price_list() -> Iterator[str]:
    """Yield the table of prices."""
    yield from _rows("Price", "of one", "free each month", "Source")
    for price in prices().values():
        free = quantity(price.free) if price.free else ""
        yield _row(_amount(price.usd), price.unit, free, price.source)


def _of(usage: Usage) -> dict[str, Line]:
    return {line.what: line for line in bill(usage) if line.part == "notifications"}


def _sum(usage: Usage) -> float:
    return total(bill(usage), "notifications")


def _cells(line: Line | None) -> Sequence[str]:
    return ("", "") if line is None else (quantity(line.quantity), usd(line.usd))


def _price(line: Line | None) -> str:
    return "" if line is None else _amount(prices()[line.price].usd)


def _amount(value: float) -> str:
    return f"${value * 1e6:,.4g}/M" if value < 1e-3 else f"${value:,.3g}"  # noqa: PLR2004


def _rows(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield _row("---", *("---:" for _ in names[1:]))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "cost-summary": summary,
    "at-rest": at_rest,
    "million": million,
    "confirmations": confirmations,
    "contents": contents,
    "searches": searches,
    "prices": price_list,
}
