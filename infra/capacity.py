"""``python -m infra.capacity``: writes the table of docs/scaling.md on notifications a second.

Each value is computed from measured units: the write units of tests/scaling, and the notifications
that a processor handles in a second (docs/benchmarks.md).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.local.layout import PROJECT

#: The rates of the columns, in notifications a second.
RATES = (10, 100, 1_000, 10_000)

#: The most writes of a notification to the due index: created, two polls, confirmed.
INDEX_WRITES = 4
#: The write units of a notification in its table: created, claimed, sent, confirmed.
TABLE_WRITES = 4
#: The write units a second of a partition (DynamoDB, "Best practices for partition keys").
PARTITION = 1_000
#: The write units a second of a new table, and the quota (DynamoDB, "On-demand capacity").
NEW_TABLE, TABLE_QUOTA = 4_000, 40_000
#: The room above the average, because hashing and arrivals are uneven.
ROOM = 1.5

#: Megabytes of memory that have one processor (Lambda, "Configure Lambda function memory").
PROCESSOR = 1_769
#: The notifications a second of one processor, from docs/benchmarks.md.
TWILIO, EXPO, DISPATCHER = 781, 2_217, 31_700
#: The part of a minute in which the dispatcher works.
WORKING = 45 / 60
#: Megabytes of a function as shipped, and the containers of a consumer.
MEMORY, CONTAINERS = 512, 10
#: The sizes that a dispatcher may have.
SIZES = (512, 1_024, 1_769, 3_008)

#: The requests a second of an account (API Gateway, "Quotas").
API_QUOTA = 10_000
#: Callbacks of Twilio for each message, and the seconds that one takes.
CALLBACKS, CALLBACK_SECONDS = 2, 0.05
#: Containers that the API, the dispatcher and the jobs use besides, for batches of a hundred.
OTHERS = 10

BEGIN, END = "<!-- capacity -->\n", "<!-- end of capacity -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One setting, and its value for a rate."""

    name: str
    value: Callable[[int], str]


def shards(rate: int) -> int:
    """Return the `DueShards` of a rate; 4 is the default."""
    return max(4, math.ceil(rate * INDEX_WRITES / PARTITION * ROOM))


def containers(rate: int, of_processor: int) -> int:
    """Return the containers of a consumer with the shipped memory."""
    return max(CONTAINERS, math.ceil(rate * ROOM / (of_processor * MEMORY / PROCESSOR)))


def dispatcher_memory(rate: int) -> int:
    """Return the megabytes of the dispatcher."""
    return next(
        size
        for size in SIZES
        if DISPATCHER * min(size / PROCESSOR, 1) * WORKING >= rate * ROOM or size == SIZES[-1]
    )


def concurrency(rate: int) -> int:
    """Return the concurrent executions of the account, with one target, Twilio."""
    callbacks = math.ceil(rate * CALLBACKS * CALLBACK_SECONDS)
    used = containers(rate, TWILIO) + callbacks + OTHERS + math.ceil(rate / 1_000)
    return math.ceil(used / 10) * 10


def _shipped(value: int, shipped: int) -> str:
    return f"{value:,}" if value > shipped else f"{shipped:,} (as shipped)"


def _table_quota(rate: int) -> str:
    units = rate * TABLE_WRITES
    return f"{2 * units:,}" if units >= TABLE_QUOTA else f"{TABLE_QUOTA:,} (default)"


def _warm(rate: int) -> str:
    units = rate * TABLE_WRITES
    return "none" if units <= NEW_TABLE else f"{units:,}"


def _callbacks(rate: int) -> str:
    requests = rate * CALLBACKS
    over = f"; above the API's quota of {API_QUOTA:,}" if requests > API_QUOTA else ""
    return _shipped(requests, 200) + over


ROWS: Sequence[Row] = (
    Row("`DueShards`", lambda rate: _shipped(shards(rate), 4)),
    Row("warm throughput of the notifications' table, write units", _warm),
    Row("quota of the table, write units a second", _table_quota),
    Row("containers of Twilio", lambda rate: _shipped(containers(rate, TWILIO), CONTAINERS)),
    Row("containers of Expo", lambda rate: _shipped(containers(rate, EXPO), CONTAINERS)),
    Row("memory of the dispatcher, MB", lambda rate: _shipped(dispatcher_memory(rate), MEMORY)),
    Row("requests of creation, batches of 100", lambda rate: f"{math.ceil(rate / 100)}"),
    Row("`CallbacksPerSecond`, Twilio", _callbacks),
    Row("concurrent executions of the account", lambda rate: f"{concurrency(rate):,}"),
)


def table() -> str:
    """Return the table in Markdown."""
    head = ["a second", *(f"{rate:,}" for rate in RATES)]
    lines = [head, ["---", *("---:" for _ in RATES)]]
    lines += [[row.name, *(row.value(rate) for rate in RATES)] for row in ROWS]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write the table into the page."""
    page = PROJECT / "docs" / "scaling.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(before + BEGIN + table() + END + after)


if __name__ == "__main__":
    main()
