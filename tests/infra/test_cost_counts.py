"""What the calculator counts with is what the real functions ask of AWS."""

import pytest

from infra.cost.counting import count
from notification_system.cost.counts import Counts, counts
from notification_system.cost.lines import total
from notification_system.cost.rules import at_rest, bill
from notification_system.cost.step import BATCH, MESSAGES, Step
from notification_system.cost.usage import MINUTES, Usage
from tests.benchmarks.write_units import count_confirmed


@pytest.fixture(scope="module")
def counted() -> Counts:
    """Every step, counted now."""
    return count()


#: Of the steps' numbers, those that are the same in each run.
EXACT = ("reads", "writes", "sqs", "requests", "puts", "gets")


@pytest.mark.parametrize("name", counts().steps)
def test_a_step_requests_as_much_as_the_calculator_says(counted: Counts, name: str) -> None:
    known, found = counts().steps[name], counted.steps[name]

    for number in EXACT if name != "tick_busy" else ("reads", "writes"):  # sent second by second
        said = f"{name}: {number}; run make costs"
        assert getattr(found, number) == pytest.approx(getattr(known, number), abs=0.002), said
    # Times and ids are of different lengths.
    assert found.log_bytes == pytest.approx(known.log_bytes, rel=0.1, abs=10)
    assert found.metrics == known.metrics


def test_every_step_is_counted(counted: Counts) -> None:
    assert counted.steps.keys() == counts().steps.keys()
    assert counted.item_bytes == pytest.approx(counts().item_bytes, rel=0.05)


def test_a_bill_of_what_is_counted_now_is_the_bill_of_the_calculator(
    counted: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = Usage(per_month=1_000_000, retention_days=30)
    known = total(bill(usage))
    monkeypatch.setattr("notification_system.cost.rules.counts", lambda: counted)

    assert total(bill(usage)) == pytest.approx(known, rel=0.01)


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("target", ["email", "twilio", "expo"])
def test_a_confirmed_notification_takes_the_write_units_of_the_bill(
    target: str, *, bulk: bool
) -> None:
    usage = Usage(per_month=1000, target=target, bulk=bulk)
    lines = [
        each
        for each in bill(usage)
        if each.price == "write_unit" and each.part != "rest" and "ticks" not in each.what
    ]

    counted = count_confirmed(target, BATCH if bulk else 1)
    assert counted == pytest.approx(sum(line.quantity for line in lines) / 1000, abs=0.005)


def test_a_notification_without_confirmations_takes_six_write_units() -> None:
    step = counts().steps
    alone: list[Step] = [step["create"], step["deliver"]]
    assert sum(each.writes for each in alone) == 6


@pytest.mark.parametrize("name", ["deliver", "confirm", "deliver_bulk", "confirm_bulk"])
def test_the_counters_of_the_console_take_one_write_unit_in_a_run(name: str) -> None:
    """A run in bulk is one for a full batch: of the consumer, or of the mail events' function."""
    plain, counted = counts().steps[name], counts().steps[f"{name}_counted"]
    together = {"deliver_bulk": BATCH * MESSAGES, "confirm_bulk": MESSAGES}.get(name, 1)

    assert (counted.writes - plain.writes) * together == pytest.approx(1, abs=0.01)
    assert (counted.requests - plain.requests) * together == pytest.approx(1, abs=0.01)
    for number in ("reads", "sqs", "puts", "gets"):
        assert getattr(counted, number) == getattr(plain, number)


@pytest.mark.parametrize(("name", "extra"), [("reference", (1, 0, 0)), ("provider_id", (0, 1, 0))])
def test_a_search_index_costs_one_write_unit_and_only_what_it_holds(
    name: str, extra: tuple[int, int, int]
) -> None:
    """When created, sent and confirmed; everything else is as without the index."""
    for step, units in zip(("create", "deliver", "confirm"), extra, strict=True):
        plain, indexed = counts().steps[step], counts().steps[f"{step}_{name}"]

        assert indexed.writes - plain.writes == units
        for number in ("reads", "sqs", "requests", "puts", "gets"):
            assert getattr(indexed, number) == getattr(plain, number)


def test_the_requests_at_rest_are_those_that_a_tick_sends() -> None:
    lines = {each.what: each.quantity for each in at_rest(Usage(per_month=0))}
    step = counts().steps
    reads = (step["tick"].reads + step["tick_sweep"].reads) / 2 + step["dead_letters"].reads

    assert lines["ticks, reads"] == reads * MINUTES
