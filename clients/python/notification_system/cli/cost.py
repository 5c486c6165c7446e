"""`notify cost`: what a month on AWS costs. It asks no deployment."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from notification_system.cli.formatting import table
from notification_system.cli.session import Session, command
from notification_system.cost.amounts import quantity, usd
from notification_system.cost.lines import PARTS, Line, after_free, total
from notification_system.cost.prices import LOOKED_UP, prices
from notification_system.cost.rules import bill
from notification_system.cost.usage import ARCHITECTURES, PRECISIONS, TARGETS, Usage

PerMonth = Annotated[int, typer.Option(min=0, help="Notifications a month; 0 for none.")]
Bulk = Annotated[bool, typer.Option("--bulk", help="In batches of 100, 500 due in a second.")]
BodyBytes = Annotated[int, typer.Option(min=1, max=200_000, help="Bytes of each body.")]
Target = Annotated[str, typer.Option(help=f"{', '.join(TARGETS)}.")]
RetentionDays = Annotated[int, typer.Option(min=1, help="How long they are kept.")]
Precision = Annotated[str, typer.Option(help=f"{' or '.join(PRECISIONS)}.")]
Architecture = Annotated[str, typer.Option(help=f"{' or '.join(ARCHITECTURES)}.")]
Tracing = Annotated[bool, typer.Option("--tracing", help="With the functions traced.")]
ParameterStore = Annotated[
    bool, typer.Option("--parameter-store", help="With the credentials in Parameter Store.")
]
Unconfirmed = Annotated[bool, typer.Option("--unconfirmed", help="Without confirmations.")]


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
) -> None:
    """Compute what a month on AWS costs, at list prices of us-east-1, without the provider.

    It asks no deployment. docs/costs.md says where the quantities come from.
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
    )
    lines = bill(usage)
    if session.json:
        session.print_json(_as_json(usage, lines))
    else:
        _show(session, lines)


def _one_of(known: Sequence[str], said: str, option: str) -> str:
    if said not in known:
        raise typer.BadParameter(f"{said} is not one of {', '.join(known)}", param_hint=option)
    return said


def _show(session: Session, lines: Sequence[Line]) -> None:
    shown = table("", "quantity", "usd", right=("quantity", "usd"))
    for part, words in PARTS.items():
        own = [each for each in lines if each.part == part]
        if own:
            shown.add_row(Text(words, style="bold"), "", Text(usd(total(own)), style="bold"))
        for each in own:
            shown.add_row(f"  {each.what}", quantity(each.quantity), usd(each.usd))
    session.out.print(shown)
    session.out.print(f"\n{usd(total(lines))} a month at list price, as of {LOOKED_UP};")
    session.out.print(f"{usd(after_free(lines))} after what each account has for nothing.")


def _as_json(usage: Usage, lines: Sequence[Line]) -> dict[str, object]:
    return {
        "usage": asdict(usage),
        "prices_of": LOOKED_UP,
        "lines": [
            {
                **asdict(each),
                "usd": each.usd,
                "unit": prices()[each.price].unit,
                "source": prices()[each.price].source,
            }
            for each in lines
        ],
        "parts": {part: total(lines, part) for part in PARTS},
        "usd": total(lines),
        "usd_after_free": after_free(lines),
    }
