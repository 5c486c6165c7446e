"""Formats the result as a plain table of 80 columns."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.chaos.verifier import Verdict

WIDTH = 80


def table(
    verdicts: Mapping[str, Verdict], drained: Mapping[str, float], faults: Mapping[str, int]
) -> list[str]:
    """Return the lines: the results by target, the duplicates, and the faults."""
    return [
        *_targets(verdicts, drained),
        "",
        *_duplicates(verdicts),
        *_unanswered(verdicts),
        "",
        *_faults(faults),
    ]


def _targets(verdicts: Mapping[str, Verdict], drained: Mapping[str, float]) -> Iterator[str]:
    names = ["requested", "DELIVERED", "SENT", "other", "twice", "LOST", "drained"]
    yield f"{'target':<10}" + "".join(f"{name:>10}" for name in names)
    for target, verdict in verdicts.items():
        ends = Counter(verdict.ends)
        other = sum(ends.values()) - ends["DELIVERED"] - ends["SENT"]
        row = [verdict.requested, ends["DELIVERED"], ends["SENT"], other]
        row += [len(verdict.duplicates), len(verdict.lost)]
        seconds = f"{drained[target]:.0f} s" if target in drained else "never"
        yield f"{target:<10}" + "".join(f"{number:>10}" for number in row) + f"{seconds:>10}"
    yield ""
    for target, verdict in verdicts.items():
        others = [
            f"{count} {status}"
            for status, count in sorted(verdict.ends.items())
            if status not in {"DELIVERED", "SENT"}
        ]
        yield from _wrapped(f"{target}: other ends: {', '.join(others) or 'none'}")


def _duplicates(verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    reasons = Counter(
        (target, duplicate.reason or "NOT ALLOWED")
        for target, verdict in verdicts.items()
        for duplicate in verdict.duplicates
    )
    yield "received twice, and why (marked on the timeline: possibly_sent)"
    for (target, reason), count in sorted(reasons.items()):
        yield f"  {count:6}  {target}: {reason}"
    if not reasons:
        yield "       0"


def _unanswered(verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    yield "requests without a key that got no answer and were sent again as new requests"
    for target, verdict in verdicts.items():
        executed = f"{verdict.executed} of them had been executed"
        yield f"  {verdict.unanswered:6}  {target}: {executed}"


def _faults(faults: Mapping[str, int]) -> Iterator[str]:
    yield "faults"
    for name, count in sorted(faults.items()):
        yield f"  {count:6}  {name}"


def _wrapped(line: str) -> Iterator[str]:
    while len(line) > WIDTH:
        head, _, rest = line[:WIDTH].rpartition(" ")
        yield head
        line = "    " + rest + line[WIDTH:]
    yield line
