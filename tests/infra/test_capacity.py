"""The table of notifications a second in docs/scaling.md."""

from infra.capacity import BEGIN, END, concurrency, dispatcher_memory, shards, table
from infra.local.layout import PROJECT


def test_the_page_has_the_computed_table() -> None:
    _, _, rest = (PROJECT / "docs/scaling.md").read_text().partition(BEGIN)
    assert rest.partition(END)[0] == table(), "python -m infra.capacity writes it again"


def test_more_notifications_never_need_less() -> None:
    rates = range(10, 20_000, 130)
    for needed in (shards, dispatcher_memory, concurrency):
        values = [needed(rate) for rate in rates]
        assert values == sorted(values)
