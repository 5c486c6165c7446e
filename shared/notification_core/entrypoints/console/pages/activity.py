"""The part of the home page with what was sent, delivered and failed: numbers and charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notification_core.domain.counters import OTHER
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.rendering import count, lateness
from notification_core.runtime.observability import log_failure
from notification_core.usecases.queries.activity import Period, TargetActivity, activity

#: The choices of the page: hours, the hours of a bar, and what they are called. The page of failed
#: notifications offers the same hours.
CHOICES = ((24, 1, "24 hours"), (168, 6, "7 days"))
#: The most codes that are listed for a target.
LISTED = 5

#: Units of a chart: the width for the bars of a period, the gap after them and after each bar, and
#: the height.
BARS, GAP, BETWEEN, HEIGHT = 24, 6, 1, 100.0

#: The element that htmx replaces when only the rest of the page is loaded again.
REST = "live"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `kind` is a class of the style sheet."""

    kind: str
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    """The bars of one period, and what they say."""

    x: float
    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of bars, for each period one of each kind."""

    name: str
    description: str  #: the numbers in a sentence, for those who do not see the bars
    highest: str
    width: float
    bar: float
    slots: Sequence[Slot]


def values(call: Call) -> Mapping[str, Any]:
    """Return the variables of `activity.html`; `activity` is None if only the rest is loaded.

    Without the counters, the page says so and shows the rest: it has to show an outage.
    """
    if call.request.is_htmx and call.request.headers.get("hx-target") == REST:
        return {"activity": None}
    steps = {str(hours): (hours, step) for hours, step, _ in CHOICES}
    hours, step = steps.get(call.query("hours") or "", CHOICES[0][:2])
    shown = {"hours": hours, "choices": CHOICES, "targets": None, "other": OTHER}
    try:
        activities = {target.target: target for target in activity(call.ports, hours, step)}
    except Exception as error:  # noqa: BLE001 - see above
        log_failure("the counters could not be read", error)
        return {"activity": shown}
    names = target_names(call)
    # Targets that were removed have no name, and come last.
    order = sorted(
        activities.keys() | names.keys(),
        key=lambda target: (target not in names, names.get(target, target)),
    )
    rows = [_row(names.get(target, target), activities.get(target)) for target in order]
    return {"activity": shown | {"targets": rows}}


def _row(name: str, target: TargetActivity | None) -> Mapping[str, Any]:
    if target is None:
        return {"name": name, "activity": None}
    return {
        "name": name,
        "activity": target,
        "charts": [outcome_chart(target), lateness_chart(target)],
        "failures": target.failures[:LISTED],
        "more": len(target.failures) - LISTED,
    }


def outcome_chart(target: TargetActivity) -> Chart:
    """Return the chart of what was sent, delivered and failed."""
    total, periods = target.total, target.periods
    highest = max(max(period.sent, period.delivered, period.failed) for period in periods)
    rows = [
        (
            _outcomes(period),
            {"sent": period.sent, "delivered": period.delivered, "failed": period.failed},
        )
        for period in periods
    ]
    return _chart(
        "Notifications",
        f"Sent, delivered and failed, in {len(periods)} bars each. Together:"
        f" {_outcomes(total)}. The highest bar: {count(highest)}.",
        count(highest),
        highest,
        periods,
        rows,
    )


def lateness_chart(target: TargetActivity) -> Chart:
    """Return the chart of the lateness."""
    periods = target.periods
    highest = max((period.lateness or 0 for period in periods), default=0)
    rows = [(lateness(period.lateness), {"late": period.lateness or 0}) for period in periods]
    return _chart(
        "Lateness, 99th percentile",
        f"How late 99 % of the sends were at most, in {len(periods)} bars. Over the whole time:"
        f" {lateness(target.total.lateness)}. The highest bar: {lateness(highest or None)}.",
        lateness(highest or None),
        highest,
        periods,
        rows,
    )


def _chart(
    name: str,
    description: str,
    highest_text: str,
    highest: int,
    periods: Sequence[Period],
    rows: Sequence[tuple[str, Mapping[str, int]]],
) -> Chart:
    kinds = len(rows[0][1])
    width, bar = BARS + GAP, BARS / kinds
    slots = []
    for number, (period, (text, numbers)) in enumerate(zip(periods, rows, strict=True)):
        x = number * width
        bars = [
            _bar(kind, x + GAP / 2 + place * bar, amount, highest)
            for place, (kind, amount) in enumerate(numbers.items())
            if amount
        ]
        slots.append(Slot(x, f"{_span(period)}: {text}", bars))
    return Chart(
        name=name,
        description=description,
        highest=highest_text,
        width=width * len(periods),
        bar=bar - BETWEEN,
        slots=slots,
    )


def _outcomes(period: Period) -> str:
    return (
        f"{count(period.sent)} sent, {count(period.delivered)} delivered,"
        f" {count(period.failed)} failed"
    )


def _bar(kind: str, x: float, amount: int, highest: int) -> Bar:
    height = max(round(HEIGHT * amount / highest, 2), 1.0)  # one notification can be seen too
    return Bar(kind, x, HEIGHT - height, height)


def _span(period: Period) -> str:
    """Return the hours of a period: `2026-03-01 12:00 to 13:00 UTC`."""
    return f"{_moment(period.start)} to {period.end:%H:%M} UTC"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
