"""The CPU time of the API function for a request, a batch, and the first request of a process."""

from functools import partial
from typing import Any

from tests.benchmarks.environment import function_environment
from tests.benchmarks.figures import Figure, Goal
from tests.benchmarks.processes import AWS_LATENCY_MS, Stub, aws, work
from tests.benchmarks.runner import Runner

SINGLE = Goal(3)  # milliseconds of CPU
ITEM = Goal(0.25)  # milliseconds of CPU
FIRST = Goal(40)  # milliseconds of CPU
READS = Goal(3)

BATCH = 100  # items
WORK = {"requests": 100, "batches": 5, "size": BATCH}

#: The operations of DynamoDB that read.
READING = ("BatchGetItem", "GetItem", "Query", "Scan")


def measure(runner: Runner) -> list[Figure]:
    """Measure requests in separate processes, repeatedly.

    Requests with a goal do not wait for answers of AWS, because a processor that was idle needs
    longer for the same work. A single request is also measured with the usual waits.
    """
    with aws() as stub:
        create = partial(_run, stub, "api_create", **WORK)
        waiting = runner.repeat("api, with waits", create, _shown)
    with aws(latency_ms=0) as stub:
        starts = runner.repeat("api, first request", partial(_run, stub, "api_begin"), _shown)
        create = partial(_run, stub, "api_create", **WORK)
        creations = runner.repeat("api, creation", create, _shown)
        reads = reads_of_batches(stub, [BATCH])[BATCH]
    return [
        _figure("api, single request", creations, "single", SINGLE),
        _figure(f"api, single request, {AWS_LATENCY_MS} ms a wait", waiting, "single", None),
        _figure(f"api, item of {BATCH} for users", creations, "users", ITEM),
        _figure(f"api, item of {BATCH} for records", creations, "records", ITEM),
        _figure("api, initialisation", starts, "initialisation", None),
        _figure("api, first request, more than the second", starts, "more", FIRST),
        Figure(name=f"api, reads of {BATCH} for users", unit="", values=[reads], goal=READS),
    ]


def reads_of_batches(stub: Stub, sizes: list[int]) -> dict[int, int]:
    """Return the number of DynamoDB reads of one batch, by the number of its users."""
    requests = _run(stub, "api_count", sizes=sizes)["requests"]
    return {
        size: sum(requests[str(size)].get(operation, 0) for operation in READING) for size in sizes
    }


def _run(stub: Stub, task: str, **options: Any) -> dict[str, Any]:
    stub.reset(module="email", users=BATCH)
    result = work(task, function_environment("api", stub.url, ""), **options)
    stub.report()  # raises if the stub did not understand a request
    return result


def _figure(name: str, results: list[dict[str, Any]], key: str, goal: Goal | None) -> Figure:
    return Figure(name=name, unit="ms CPU", values=[result[key] for result in results], goal=goal)


def _shown(result: dict[str, Any]) -> str:
    return ", ".join(f"{name} {milliseconds:.2f} ms" for name, milliseconds in result.items())
