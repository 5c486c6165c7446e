"""`notify tail`: what happens now, line by line, as the functions' logs tell it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from notification_system.cli.log_lines import Line, lines_of
from notification_system.cli.session import Session, command
from notification_system.cli.targets import target_named

#: Seconds between two looks: an account may ask CloudWatch ten times a second for all it does.
EVERY = 1.0

#: A line may come so long after its time, and is still shown, once.
LATE = timedelta(seconds=30)

#: What CloudWatch sends of all that is logged.
PATTERN = (
    '{ ($.message = "batch") || ($.message = "accepted") || ($.message = "tick") '
    '|| ($.message = "report") || ($.message = "dead letter") || ($.level = "ERROR") }'
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "tail", "Operating")(tail)


def tail(
    session: Session,
    since: Annotated[
        str | None, typer.Option(help="Begin so long ago: 10m, or a time. Without: now.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Only attempts by this target.")] = None,
) -> None:
    """Show what happens: requests, attempts, ticks, errors. Ctrl-C ends it.

    --json prints each log line as it is, one a line.
    """
    module = None
    if target is not None:
        module = str(target_named(session, target)["notification_module_name"])
    begin = session.ago(since, "--since")
    start = datetime.fromisoformat(begin) if begin else datetime.now(UTC)
    try:
        for event in _events(session, start):
            for line in lines_of(event, module):
                _print(session, line)
    except KeyboardInterrupt:
        return  # that is how it ends


def _print(session: Session, line: Line) -> None:
    if session.json:
        print(line.raw, flush=True)  # JSON already
    else:
        session.out.print(line.shown(session.out.width))


def _events(session: Session, start: datetime) -> Iterator[dict[str, Any]]:
    """Yield each log event from a time on, once, for ever."""
    logs = session.deployment.client("logs")
    group = session.deployment.outputs["LogGroup"]
    seen: dict[str, int] = {}
    begin = _ms(start)
    while True:
        asked = {"logGroupName": group, "startTime": begin, "filterPattern": PATTERN}
        found = [
            event
            for page in logs.get_paginator("filter_log_events").paginate(**asked)
            for event in page["events"]
        ]
        new = {_name(event): event for event in found if _name(event) not in seen}
        yield from sorted(new.values(), key=lambda event: int(event["timestamp"]))
        seen |= {name: event["timestamp"] for name, event in new.items()}
        begin = max(begin, _ms(datetime.now(UTC) - LATE))
        seen = {name: at for name, at in seen.items() if at >= begin}
        time.sleep(EVERY)


def _name(event: dict[str, Any]) -> str:
    # The emulator gives no event an id.
    where = f"{event['logStreamName']} {event['timestamp']} {event['message']}"
    return str(event.get("eventId") or where)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
