"""`notify cost`: computes the monthly cost on AWS, without calling a deployment."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import table
from notification_system.cost.amounts import quantity, usd
from notification_system.cost.lines import PARTS, Line, after_free, total
from notification_system.cost.prices import LOOKED_UP, prices
from notification_system.cost.rules import bill
from notification_system.cost.usage import ARCHITECTURES, PRECISIONS, TARGETS, Usage

PerMonth = Annotated[int, typer.Option(min=0, help="Notifications a month; may be 0.")]
Bulk = Annotated[bool, typer.Option("--bulk", help="Batches of 100, with 500 due per second.")]
BodyBytes = Annotated[int, typer.Option(min=1, max=200_000, help="Bytes of each body.")]
Target = Annotated[str, typer.Option(help=f"{', '.join(TARGETS)}.")]
RetentionDays = Annotated[int, typer.Option(min=1, help="Days that notifications are kept.")]
Precision = Annotated[str, typer.Option(help=f"{' or '.join(PRECISIONS)}.")]
Architecture = Annotated[str, typer.Option(help=f"{' or '.join(ARCHITECTURES)}.")]
Tracing = Annotated[bool, typer.Option("--tracing", help="With X-Ray traces of the functions.")]
ParameterStore = Annotated[
    bool, typer.Option("--parameter-store", help="With the credentials in Parameter Store.")
]
Unconfirmed = Annotated[bool, typer.Option("--unconfirmed", help="Without confirmations.")]
Console = Annotated[bool, typer.Option("--console", help="With the web console's counters.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "cost", "Operating")(cost)


def cost(
    session: Session,
    per_month: PerMonth,
    bulk: Bulk = False,
    target: Target = "email",
    body_bytes: BodyBytes = 200,
    retention_days: RetentionDays = 90,
    precision: Precision = "second",
    architecture: Architecture = "arm64",
    tracing: Tracing = False,
    parameter_store: ParameterStore = False,
    unconfirmed: Unconfirmed = False,
    console: Console = False,
) -> None:
    """Compute the monthly cost on AWS, at list prices of us-east-1, without the provider.

    The command calls no deployment. docs/costs.md explains the quantities.
    """
    usage = Usage(
        per_month=per_month,
        bulk=bulk,
        target=_one_of(TARGETS, target, "--target"),
        body_bytes=body_bytes,
        retention_days=retention_days,
        precision=_one_of(PRECISIONS, precision, "--precision"),
        architecture=_one_of(ARCHITECTURES, architecture, "--architecture"),
        tracing=tracing,
        parameter_store=parameter_store,
        confirmed=not unconfirmed,
        console=console,
    )
    lines = bill(usage)
    if session.json:
        session.print_json(_as_json(usage, lines))
    else:
        _show(session, lines)


def _one_of(choices: Sequence[str], value: str, option: str) -> str:
    if value not in choices:
        raise typer.BadParameter(f"{value} is not one of {', '.join(choices)}", param_hint=option)
    return value


def _show(session: Session, lines: Sequence[Line]) -> None:
    rows = table("", "quantity", "usd", right=("quantity", "usd"))
    for part, heading in PARTS.items():
        own = [line for line in lines if line.part == part]
        if own:
            rows.add_row(Text(heading, style="bold"), "", Text(usd(total(own)), style="bold"))
        for line in own:
            rows.add_row(f"  {line.what}", quantity(line.quantity), usd(line.usd))
    session.out.print(rows)
    session.out.print(f"\n{usd(total(lines))} a month at list price, as of {LOOKED_UP};")
    session.out.print(f"{usd(after_free(lines))} after the free tier of each account.")


def _as_json(usage: Usage, lines: Sequence[Line]) -> dict[str, object]:
    return {
        "usage": asdict(usage),
        "prices_of": LOOKED_UP,
        "lines": [
            {
                **asdict(line),
                "usd": line.usd,
                "unit": prices()[line.price].unit,
                "source": prices()[line.price].source,
            }
            for line in lines
        ],
        "parts": {part: total(lines, part) for part in PARTS},
        "usd": total(lines),
        "usd_after_free": after_free(lines),
    }
