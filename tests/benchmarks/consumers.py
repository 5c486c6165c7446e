"""The notifications per second that one consumer process sends and records."""

from functools import partial
from typing import Any

from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN, EXPO_ACCESS_TOKEN
from tests.benchmarks.environment import batch_size, function_environment
from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.processes import (
    PROVIDER_LATENCY_MS,
    Stub,
    accepted,
    ask,
    aws,
    processor_seconds,
    provider,
    work,
)
from tests.benchmarks.runner import Runner

#: Notifications of one run; the first batch is not measured.
COUNT = {"email": 2000, "twilio": 2000, "expo": 6000}
RATES = {"twilio": Goal(500, at_least=True), "expo": Goal(2000, at_least=True)}
#: Processor time of one notification, in milliseconds.
WORK = {"email": Goal(1.3)}
#: Latency of a mail server in milliseconds; for e-mail the processor time matters.
LATENCY_MS = {"email": 20}
#: The final status by module; a mail server does not confirm later.
ENDS = {"email": "DELIVERED", "twilio": "SENT", "expo": "SENT"}
SECRETS: dict[str, dict[str, Any]] = {
    "email": {"host": "127.0.0.1", "security": "none"},
    "twilio": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from": "+12025550100"},
    "expo": {"access_token": EXPO_ACCESS_TOKEN},
}


def measure(module: str, runner: Runner) -> list[Figure]:
    """Deliver some thousand notifications, repeatedly."""
    latency_ms = LATENCY_MS.get(module, PROVIDER_LATENCY_MS)
    with aws() as stub, provider(latency_ms) as simulator:
        once = partial(_consume, module, stub, simulator)
        results = runner.repeat(module, once, _shown)
    note = f"{batch_size(module)} messages a batch, {results[0]['batch']} notifications"
    rates = [result["rate"] for result in results]
    work_each = [1000 * result["busy"]["consumer"] / result["rate"] for result in results]
    return [
        Figure(name=module, unit="1/s", values=rates, goal=RATES.get(module), note=note),
        Figure(
            name=f"{module}, processor time of one",
            unit="ms",
            values=work_each,
            goal=WORK.get(module),
        ),
    ]


def credentials_for(module: str, simulator: dict[str, Any]) -> dict[str, Any]:
    """Return the credentials of a module that the simulator accepts."""
    return SECRETS[module] | ({"port": simulator["smtp_port"]} if module == "email" else {})


def _consume(module: str, stub: Stub, simulator: dict[str, Any]) -> dict[str, Any]:
    """Consume once in a separate process; each notification must be sent exactly once."""
    everything, url = COUNT[module], simulator["url"]
    ask(f"{url}/inbox", "DELETE")
    stub.reset(
        module=module,
        users=everything,
        waiting=everything,
        secret=credentials_for(module, simulator),
    )
    pids = {"AWS": stub.pid, "provider": simulator["pid"]}
    before = {name: processor_seconds(pid) for name, pid in pids.items()}
    environment = function_environment(module, stub.url, url)
    result = work("consume", environment, module=module, size=batch_size(module))
    busy = {name: processor_seconds(pid) - before[name] for name, pid in pids.items()}
    _check({ENDS[module]: everything}, result, stub.report(), accepted(url))
    # The stub and the provider also worked for the unmeasured batches.
    share = result["count"] / everything / result["seconds"]
    busy = {name: seconds * share for name, seconds in busy.items()}
    busy["consumer"] = result["cpu_seconds"] / result["seconds"]
    rate = result["count"] / result["seconds"]
    return {"rate": rate, "busy": busy, "batch": everything - result["count"]}


def _check(ends: dict[str, int], result: dict[str, Any], report: dict[str, Any], sent: int) -> None:
    [asked] = ends.values()
    if sent != asked:
        raise BenchError(f"{asked} notifications were due, and the provider accepted {sent}")
    if report["statuses"] != ends:
        raise BenchError(f"the statuses are {report['statuses']} instead of {ends}")
    if result["failures"]:
        raise BenchError(f"{result['failures']} messages were returned to the queue")


def _shown(result: dict[str, Any]) -> str:
    busy = ", ".join(f"{name} {share:.0%}" for name, share in result["busy"].items())
    return f"{result['rate']:,.0f}/s; processor: {busy}"
