"""The tables of `docs/costs.md`: each from `<!-- name -->` to `<!-- end -->`."""

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
#: The files that have tables.
PAGES = (_PROJECT / "docs" / "costs.md",)

#: What the tables are about: the usage that the goals are about.
MILLION = Usage(per_month=1_000_000, retention_days=30)


def filled(text: str) -> str:
    """Return the page with every table anew. Raises KeyError for a mark that names no table."""

    def table(found: re.Match[str]) -> str:
        rows = "\n".join(TABLES[found[1]]())
        return f"<!-- {found[1]} -->\n{rows}\n<!-- end -->"

    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def summary() -> Iterator[str]:
    """Yield the sums alone."""
    rest = bill(replace(MILLION, per_month=0))
    yield from _rows("", "a month")
    yield _row("at rest", usd(total(rest)))
    yield _row("at rest, less what every account has for nothing", usd(after_free(rest)))
    alone, bulk = (usd(_sum(replace(MILLION, bulk=each))) for each in (False, True))
    yield _row("a million e-mails, each alone in its second, kept 30 days", alone)
    yield _row("a million e-mails by hundreds, 500 due in a second, kept 30 days", bulk)
    exact = _sum(replace(MILLION, precision="exact")) - _sum(MILLION)
    yield _row("on top: `precision: exact`, where each is alone", usd(exact))
    for target, how in CONFIRMED.items():
        found = total(bill(replace(MILLION, target=target)), "confirmations")
        yield _row(f"on top: {how}, where each is alone", usd(found))
    large = total(bill(replace(MILLION, body_bytes=2000)), "contents")
    yield _row("on top: bodies of 2 KB, which lie in S3", usd(large))


CONFIRMED = {
    "email": "confirmations by events of SES",
    "twilio": "confirmations by Twilio's callbacks",
    "expo": "confirmations by Expo's receipts",
}


def at_rest() -> Iterator[str]:
    """Yield the table of a deployment that nobody uses."""
    lines = bill(replace(MILLION, per_month=0))
    yield from _rows("", "quantity", "price", "a month")
    for line in lines:
        yield _row(line.what, quantity(line.quantity), _price(line), usd(line.usd))
    yield _row("**Sum**", "", "", f"**{usd(total(lines))}**")
    yield _row("after what every account has for nothing", "", "", usd(after_free(lines)))
    cheaper = bill(replace(MILLION, per_month=0, parameter_store=True))
    yield _row("`CredentialsIn=ParameterStore`", "", "", usd(total(cheaper)))


def million() -> Iterator[str]:
    """Yield the table of a million e-mails, alone and in bulk."""
    alone, bulk = (_of(replace(MILLION, bulk=each)) for each in (False, True))
    yield from _rows("", "alone", "", "in bulk", "", "price")
    for what in {**alone, **bulk}:
        one, many = alone.get(what), bulk.get(what)
        yield _row(what, *_cells(one), *_cells(many), _price(one or many))
    sums = [f"**{usd(_sum(replace(MILLION, bulk=each)))}**" for each in (False, True)]
    yield _row("**Sum, `precision: second`**", "", sums[0], "", sums[1], "")
    for words, other in VARIANTS.items():
        found = [usd(_sum(replace(other, bulk=each))) for each in (False, True)]
        yield _row(words, "", found[0], "", found[1], "")


VARIANTS = {
    "the same, `precision: exact`": replace(MILLION, precision="exact"),
    "the same, nobody confirms": replace(MILLION, confirmed=False),
    "the same, `RetentionDays` 90": replace(MILLION, retention_days=90),
    "the same, `Architecture` x86_64": replace(MILLION, architecture="x86_64"),
    "the same, `Tracing` Active": replace(MILLION, tracing=True),
}


def confirmations() -> Iterator[str]:
    """Yield the table of how a million confirmations come."""
    how = {
        "email": "an event of SES each, by a queue",
        "twilio": "two callbacks each, by the API",
        "expo": "one question each, by the consumer",
    }
    yield from _rows("", "", "alone", "in bulk")
    for target in TARGETS:
        found = [
            bill(replace(MILLION, target=target, bulk=each, body_bytes=200))
            for each in (False, True)
        ]
        yield _row(target, how[target], *(usd(total(each, "confirmations")) for each in found))


def contents() -> Iterator[str]:
    """Yield the table of what larger bodies cost."""
    yield from _rows("Bytes of a body", "`RetentionDays` 30", "`RetentionDays` 90")
    for size in (2_000, 20_000, 200_000):
        found = [replace(MILLION, body_bytes=size, retention_days=each) for each in (30, 90)]
        yield _row(f"{size:,}", *(usd(total(bill(each), "contents")) for each in found))


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
    yield from _rows("Price", "of one", "for nothing each month", "Source")
    for price in prices().values():
        free = quantity(price.free) if price.free else ""
        yield _row(_amount(price.usd), price.unit, free, price.source)


def _of(usage: Usage) -> dict[str, Line]:
    return {each.what: each for each in bill(usage) if each.part == "notifications"}


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
