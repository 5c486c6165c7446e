"""`notify tail`: follows the functions' logs."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from notification_system.cli.log_lines import Line, parse_event
from notification_system.cli.options import command
from notification_system.cli.session import Session

#: Seconds between two requests. CloudWatch Logs allows an account ten requests a second in total.
POLL_INTERVAL = 1.0

#: A log event that arrives this long after its time is still shown, and shown once.
LATE = timedelta(seconds=30)

#: The log events that CloudWatch returns.
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
        str | None, typer.Option(help="Start this long ago (10m), or at a time; default: now.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Only attempts of this target.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show ids in full, on two lines where necessary.")
    ] = False,
) -> None:
    """Follow requests, attempts, ticks and errors. Ctrl-C ends it.

    An id is shortened to 8 characters where the line would not fit. --json prints the log lines
    unchanged, one per line.
    """
    start = session.past_time(since, "--since") or datetime.now(UTC)
    module = None
    if target is not None:
        module = str(session.target(target)["notification_module_name"])
    if not session.json:
        zone = session.zone.name(session.now)
        session.err.print(f"Times are in {zone}. Ctrl-C ends it.", style="dim")
    try:
        for event in _events(session, start):
            for line in parse_event(event, module):
                _print(session, line, full=full)
    except KeyboardInterrupt:
        return  # the expected way to end the command


def _print(session: Session, line: Line, *, full: bool) -> None:
    if session.json:
        print(line.raw, flush=True)  # JSON already
    else:
        session.out.print(line.render(session.out.width, session.zone, full=full))


def _events(session: Session, start: datetime) -> Iterator[dict[str, Any]]:
    """Yield each log event from a time on, once, without an end."""
    logs = session.deployment.client("logs")
    group = session.deployment.outputs["LogGroup"]
    seen: dict[str, int] = {}
    begin = _ms(start)
    while True:
        query = {"logGroupName": group, "startTime": begin, "filterPattern": PATTERN}
        events = [
            event
            for page in logs.get_paginator("filter_log_events").paginate(**query)
            for event in page["events"]
        ]
        new = {_name(event): event for event in events if _name(event) not in seen}
        yield from sorted(new.values(), key=lambda event: int(event["timestamp"]))
        seen |= {name: event["timestamp"] for name, event in new.items()}
        begin = max(begin, _ms(datetime.now(UTC) - LATE))
        seen = {name: at for name, at in seen.items() if at >= begin}
        time.sleep(POLL_INTERVAL)


def _name(event: dict[str, Any]) -> str:
    # The emulator does not set the event's id.
    where = f"{event['logStreamName']} {event['timestamp']} {event['message']}"
    return str(event.get("eventId") or where)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
