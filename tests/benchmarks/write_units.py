"""DynamoDB's write units of one notification, from its creation to its delivery.

The real use case schedules it and the real consumer delivers it: by e-mail through a mail server,
which does not confirm, or through SES, which confirms by an event; through Twilio, which calls
back; and through Expo, which is polled. The stub counts the units of their statements. Only the
notifications table is written to.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.consumers import credentials_for
from tests.benchmarks.environment import function_environment
from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.processes import Stub, accepted, ask, aws, provider, work
from tests.benchmarks.runner import Runner
from tests.benchmarks.stub.names import record_id

UNITS = Goal(6)
#: With an entry in one of the optional indexes.
INDEXED_UNITS = Goal(7)
#: With a confirmation that needs no status poll.
CONFIRMED_UNITS = Goal(7)
#: In a batch, with a share of the status poll.
POLLED_UNITS = Goal(7.5)
TABLE = "notifications"

KB = 1024
TITLE = "Your table"
SHORT = {"body": "x" * 200}
REFERENCE = "order-4711"
BODIES = {"200 B": 200, "2 KB": 2 * KB, "20 KB": 20 * KB}

#: The largest content that is stored in the item, with all optional fields.
LARGEST_INLINE = {
    "body": "x" * (300 - len(TITLE)),
    "category": "c" * 64,
    "reference": "r" * 255,
    "idempotency_key": "k" * 255,
    "max_retries": 99,
    "retry_time_interval": 99_999,
    "within": 3600.0,
}
LONG_USER = "user-".ljust(127, "-")

#: Notifications that a consumer sends and records together.
BATCH = 100

#: How a provider confirms a delivery, and the goals for one notification and for a batch.
CONFIRMED = {
    "email": ("event", CONFIRMED_UNITS, CONFIRMED_UNITS),
    "twilio": ("callback", None, POLLED_UNITS),
    "expo": ("poll", None, POLLED_UNITS),
}

#: The variables of e-mail through SES, which confirms a delivery by an event.
BY_SES = {"EMAIL_TRANSPORT": "ses", "SES_CONFIGURATION_SET": "notifications"}


def measure(runner: Runner) -> list[Figure]:
    """Schedule and deliver a notification of each size, and for each way of confirmation."""
    with aws() as stub, provider(latency_ms=0) as simulator:
        once = partial(_deliver, stub, simulator)
        figures = [
            _figure(runner, body, partial(once, "email", {"body": "x" * size}), UNITS)
            for body, size in BODIES.items()
        ]
        largest = partial(once, "email", LARGEST_INLINE, LONG_USER)
        figures.append(_figure(runner, "all at its longest", largest, None))
        reference = partial(once, "email", SHORT | {"reference": REFERENCE})
        figures.append(_figure(runner, "with a reference", reference, INDEXED_UNITS))
        by_id = partial(once, "email", SHORT, provider_id_index=True)
        figures.append(_figure(runner, "with ProviderIdIndex", by_id, INDEXED_UNITS))
        for module, (how, alone, together) in CONFIRMED.items():
            name = f"{module}, confirmed by {'an' if how == 'event' else 'a'} {how}"
            for count, goal in ((1, alone), (BATCH, together)):
                message = SHORT | {"confirm": how, "count": count}
                at_once = "" if count == 1 else f", {count} at once"
                figures.append(
                    _figure(runner, name + at_once, partial(once, module, message), goal)
                )
    return figures


def count_confirmed(module: str, count: int = 1) -> float:
    """Return the write units of each of some notifications that their provider confirms."""
    with aws() as stub, provider(latency_ms=0) as simulator:
        options = SHORT | {"confirm": CONFIRMED[module][0], "count": count}
        result = _deliver(stub, simulator, module, options)
    return float(sum(result["units"].values()) / count)


def _figure(
    runner: Runner, name: str, once: Callable[[], dict[str, Any]], goal: Goal | None
) -> Figure:
    name = f"write units, {name}"
    results = runner.repeat(name, once, _shown)
    units = [sum(result["units"].values()) / result["count"] for result in results]
    return Figure(name=name, unit="WU", values=units, goal=goal, note=_shown(results[-1]))


def _deliver(
    stub: Stub,
    simulator: dict[str, Any],
    module: str,
    message: dict[str, Any],
    user_prefix: str = "user-",
    *,
    provider_id_index: bool = False,
) -> dict[str, Any]:
    ask(f"{simulator['url']}/inbox", "DELETE")
    secret = credentials_for(module, simulator)
    scenario = {"users": 1, "user_prefix": user_prefix, "provider_id_index": provider_id_index}
    stub.reset(module=module, secret=secret, counting=True, **scenario)
    options = {"module": module, "title": TITLE, "target_user_record": record_id(0)} | message
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = function_environment(module, stub.url, simulator["url"])
        if options.get("confirm") == "event":
            environment |= BY_SES | {"AWS_ENDPOINT_URL_SESV2": simulator["url"]}
        work("deliver_some", environment | {"LOCAL_CLOCK": str(Path(folder) / "clock")}, **options)
    report, count = stub.report(), options.get("count", 1)
    if report["statuses"] != {"DELIVERED": count} or accepted(simulator["url"]) != count:
        raise BenchError(f"the notification was not delivered: {report['statuses']}")
    units = report["units"].pop(TABLE)
    if report["units"]:
        raise BenchError(f"other tables were written to: {report['units']}")
    puts = report["objects"].get("PUT", 0)
    return {"units": units, "count": count, "puts": puts, "size": report["largest"][TABLE]}


def _shown(result: dict[str, Any]) -> str:
    parts = ", ".join(f"{name or 'table'} {units}" for name, units in result["units"].items())
    return f"{parts}; item up to {result['size']} B; {result['puts']} S3 PUT"
