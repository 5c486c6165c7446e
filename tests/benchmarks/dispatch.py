"""The speed and the memory of the dispatcher when it enqueues due notifications."""

from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.environment import containers, dispatcher_seconds, function_environment
from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.processes import Stub, aws, work
from tests.benchmarks.runner import Runner

USUAL, MANY = 10_000, 100_000
#: Seconds from now over which the notifications are due, within the dispatcher's look-ahead.
SPREAD = 80

RATE = Goal(4000, at_least=True)  # notifications a second
PEAK = Goal(256)  # MB
GROWTH = Goal(15)  # percent


def measure(runner: Runner) -> list[Figure]:
    """Dispatch the usual number and a large number, repeatedly."""
    with aws() as stub:
        usual = runner.repeat("dispatch 10,000", partial(_dispatch, stub, USUAL), _shown)
        many = runner.repeat("dispatch 100,000", partial(_dispatch, stub, MANY), _shown)
    peaks, grown = ([result["peak_megabytes"] for result in some] for some in (usual, many))
    growth = 100 * (median(grown) / median(peaks) - 1)
    return [
        Figure(name="dispatch 10,000", unit="1/s", values=_rates(usual), goal=RATE),
        Figure(name="dispatch 100,000", unit="1/s", values=_rates(many)),
        Figure(name="dispatch 10,000, peak memory", unit="MB", values=peaks, goal=PEAK),
        Figure(name="dispatch 100,000, peak memory", unit="MB", values=grown, goal=PEAK),
        Figure(name="dispatch, memory growth", unit="%", values=[growth], goal=GROWTH),
    ]


def _dispatch(stub: Stub, due: int) -> dict[str, Any]:
    """Dispatch once in a separate process; each notification must be enqueued exactly once."""
    environment = function_environment("dispatcher", stub.url, "")
    environment["MAX_CONCURRENCY"] = str(containers())
    result = work("dispatch", environment, due=due, spread=SPREAD, limit=dispatcher_seconds())
    queued = stub.report()["queues"].get("deliver-twilio", {})
    if (queued.get("named"), queued.get("distinct")) != (due, due):
        raise BenchError(f"{due} notifications were due, and the queue received {queued}")
    return {**result, "rate": due / result["seconds"], "messages": queued["messages"]}


def _rates(results: list[dict[str, Any]]) -> list[float]:
    return [result["rate"] for result in results]


def _shown(result: dict[str, Any]) -> str:
    busy = result["cpu_seconds"] / result["seconds"]
    memory, messages = result["peak_megabytes"], result["messages"]
    return (
        f"{result['rate']:,.0f}/s in {messages:,} messages, {memory:.0f} MB; processor {busy:.0%}"
    )
