"""Reads and writes the table of docs/scaling.md."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.architecture.templates import ROOT

PAGE = ROOT / "docs/scaling.md"
BEGIN, END = "<!-- requests -->\n", "<!-- end of requests -->"
SEPARATOR = " · "

#: Requests that a hundred items may take beside what one takes.
SPREAD = 10
HEAD = """| Operation | Requests | Read units | Write units | Grows |
| --- | ---: | ---: | ---: | --- |
"""


@dataclass(frozen=True)
class Row:
    """One operation: what it takes at each size, and how the page says that it grows."""

    requests: Sequence[str]
    reads: Sequence[str]
    writes: Sequence[str]
    grows: str


def rows() -> dict[str, Row]:
    """Return the page's rows by operation."""
    table = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    cells = [[cell.strip() for cell in line] for line in lines if len(line) == 5]
    return {
        name.strip("`"): Row(
            requests.split(SEPARATOR), reads.split(SEPARATOR), writes.split(SEPARATOR), grows
        )
        for name, requests, reads, writes, grows in cells
    }


def write(found: Mapping[str, Row]) -> None:
    """Put rows in the place of the page's."""
    lines = [
        f"| `{name}` | {' | '.join(map(SEPARATOR.join, numbers))} | {row.grows} |\n"
        for name, row in found.items()
        for numbers in [(row.requests, row.reads, row.writes)]
    ]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + HEAD + "".join(lines) + END + rest.partition(END)[2])


def allows(grows: str, requests: Sequence[int]) -> bool:
    """Whether requests at 1, 100 and 10,000 grow no faster than the page says.

    `no`; `up to N`: never more than that; `N per M`: with each M items, beyond what a hundred take,
    which are spread over shards and batches.
    """
    one, hundred, many = requests
    if grows == "no":
        return one == hundred == many
    if found := re.fullmatch(r"up to (\d+)", grows):
        return max(requests) <= int(found[1])
    found = re.fullmatch(r"([\d.]+) per ([\d,]+)", grows)
    if found is None:
        return False
    each = float(found[1]) / int(found[2].replace(",", ""))
    return hundred - one <= SPREAD and many - hundred <= 9_900 * each + 1
