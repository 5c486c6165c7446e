"""What one notification costs in DynamoDB's write units, from its creation to its delivery.

The real use case schedules it, the real e-mail consumer delivers it; the stub counts what their
statements cost. Only the notifications table is written to.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from infra.bench.environment import function_environment
from infra.bench.figures import BenchError, Figure, Goal
from infra.bench.processes import Stub, accepted, ask, aws, provider, work
from infra.bench.runner import Runner
from infra.bench.stub.names import record_id

UNITS = Goal(6)
TABLE = "notifications"

KB = 1024
TITLE = "Your table"
BODIES = {"200 B": 200, "2 KB": 2 * KB, "20 KB": 20 * KB}

#: The largest content that stands in the item itself, with all that may stand beside it.
LARGEST_INLINE = {
    "body": "x" * (300 - len(TITLE)),
    "idempotency_key": "k" * 255,
    "max_retries": 99,
    "retry_time_interval": 604_799,
    "within": 3600.0,
}
LONG_USER = "user-".ljust(127, "-")


def measure(runner: Runner) -> list[Figure]:
    """Schedule and deliver one of each size."""
    with aws() as stub, provider(latency_ms=0) as simulator:
        once = partial(_deliver, stub, simulator)
        figures = [
            _figure(runner, body, partial(once, "user-", {"body": "x" * size}), UNITS)
            for body, size in BODIES.items()
        ]
        largest = partial(once, LONG_USER, LARGEST_INLINE)
        figures.append(_figure(runner, "all at its longest", largest, None))
    return figures


def _figure(
    runner: Runner, name: str, once: Callable[[], dict[str, Any]], goal: Goal | None
) -> Figure:
    name = f"write units, {name}"
    results = runner.repeat(name, once, _shown)
    units = [float(sum(each["units"].values())) for each in results]
    return Figure(name=name, unit="WU", values=units, goal=goal, note=_shown(results[-1]))


def _deliver(
    stub: Stub, simulator: dict[str, Any], user_prefix: str, said: dict[str, Any]
) -> dict[str, Any]:
    ask(f"{simulator['url']}/inbox", "DELETE")
    mail_server = {"host": "127.0.0.1", "port": simulator["smtp_port"], "security": "none"}
    stub.reset(module="email", users=1, user_prefix=user_prefix, secret=mail_server, counting=True)
    environment = function_environment("email", stub.url, "")
    record = record_id(0)
    work("deliver_one", environment, module="email", title=TITLE, target_user_record=record, **said)
    report = stub.report()
    if report["statuses"] != {"DELIVERED": 1} or accepted(simulator["url"]) != 1:
        raise BenchError(f"it was not delivered: {report['statuses']}")
    units = report["units"].pop(TABLE)
    if report["units"]:
        raise BenchError(f"other tables were written to: {report['units']}")
    puts = report["objects"].get("PUT", 0)
    return {"units": units, "puts": puts, "size": report["largest"][TABLE]}


def _shown(result: dict[str, Any]) -> str:
    parts = ", ".join(f"{name or 'table'} {units}" for name, units in result["units"].items())
    return f"{parts}; item up to {result['size']} B; {result['puts']} S3 PUT"
