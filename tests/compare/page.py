"""The tables of a comparison, and the documents that contain them."""

from collections.abc import Iterable, Mapping, Sequence

from tests.benchmarks.environment import PROJECT
from tests.compare import charts
from tests.compare.goals import checks
from tests.compare.results import LATENCIES, Killed, Rate, Results

PAGE = PROJECT / "docs" / "benchmarks.md"
FOLDER = PROJECT / "docs" / "compare"
DATA = FOLDER / "results.json"

#: The cell of a missing measurement.
NONE = "-"

BEGIN, END = "<!-- make compare: begin -->", "<!-- make compare: end -->"


def write(results: Results) -> None:
    """Write the tables to the page, and the charts next to the results."""
    PAGE.write_text(with_tables(PAGE.read_text(), results))
    for name, chart in charts_of(results).items():
        (FOLDER / name).write_text(chart)


def with_tables(text: str, results: Results) -> str:
    """Return the page's text with new tables."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(results)}\n{END}{after}"


def charts_of(results: Results) -> dict[str, str]:
    """Return the charts by file name."""
    return {"rates.svg": charts.rates(results), "cpu.svg": charts.cpu(results)}


def tables(results: Results) -> str:
    """Return all tables, in Markdown."""
    parts = (
        [_circumstances(results)],
        _rates(results),
        _cpu(results),
        _late_and_doubled(results),
        _killed(results.killed),
        _goals(results),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def _circumstances(results: Results) -> str:
    count = max((rate.count for rate in results.rates), default=0)
    return (
        f"The last run: {count:,} e-mails at a time, {results.seconds / 60:.0f} minutes, Python"
        f" {results.python}, {results.processors} processors, load average {results.load:.1f}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def _rates(results: Results) -> list[str]:
    head = ["E-mails a second, created and sent", *(f"{ms} ms" for ms in LATENCIES)]
    rows = [
        [system, *(_rate(results.rate(system, ms)) for ms in LATENCIES)]
        for system in results.systems
    ]
    return _table(head, rows)


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return NONE
    lowest, highest = min(rate.runs), max(rate.runs)
    spread = f" ({lowest:.0f} to {highest:.0f})" if len(rate.runs) > 1 else ""
    return f"**{rate.per_second:.{0 if rate.per_second >= 10 else 1}f}**{spread}"


def _cpu(results: Results) -> list[str]:
    head = ["CPU time of one e-mail at 0 ms", "own code", "infrastructure"]
    rows = [
        [rate.system, _parts(rate.own_ms), _parts(rate.infrastructure_ms)]
        for rate in results.rates
        if rate.latency_ms == 0
    ]
    return _table(head, rows)


def _parts(milliseconds: Mapping[str, float]) -> str:
    shown = [f"{name} {ms:.1f}" for name, ms in milliseconds.items() if ms >= 0.05]
    if not shown:
        return NONE
    return f"**{sum(milliseconds.values()):.1f} ms** ({', '.join(shown)})"


def _late_and_doubled(results: Results) -> list[str]:
    head = ["A burst that is due in one second", "p50", "p99", "twice, from two workers"]
    twice = {doubled.system: doubled for doubled in results.doubled}
    rows = [
        [
            f"{late.system}, {late.count:,}",
            f"{late.p50:.1f} s",
            f"{late.p99:.1f} s",
            f"{twice[late.system].doubled} of {twice[late.system].count}"
            if late.system in twice
            else NONE,
        ]
        for late in results.lateness
    ]
    return _table(head, rows)


def _killed(killed: Sequence[Killed]) -> list[str]:
    head = ["A worker is killed half-way", "lost", "twice", "held back", "until the last"]
    rows = [
        [
            f"{run.system}: {run.killed}; {run.recovery}",
            f"{run.lost} of {run.count}",
            str(run.doubled),
            f"{run.held_back}, for an hour" if run.held_back else "0",
            f"{run.seconds:.0f} s",
        ]
        for run in killed
    ]
    return _table(head, rows)


def _goals(results: Results) -> list[str]:
    rows = [
        [check.goal, check.measured, "met" if check.passed else "missed"]
        for check in checks(results)
    ]
    return _table(["Goal for the SMTP path", "measured", ""], rows)
