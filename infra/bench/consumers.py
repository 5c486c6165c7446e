"""How many notifications a second one consumer process delivers."""

from functools import partial
from typing import Any

from infra.bench.environment import batch_size, function_environment
from infra.bench.figures import BenchError, Figure, Goal
from infra.bench.processes import Stub, accepted, ask, aws, processor_seconds, provider, work
from infra.bench.runner import Runner
from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN, EXPO_ACCESS_TOKEN

#: Notifications of one run, in whole batches, beside a first batch that is not measured.
COUNT = {"twilio": 1500, "expo": 5000}
GOALS = {"twilio": Goal(500, at_least=True), "expo": Goal(2000, at_least=True)}
SECRETS = {
    "twilio": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from": "+12025550100"},
    "expo": {"access_token": EXPO_ACCESS_TOKEN},
}


def measure(module: str, runner: Runner) -> list[Figure]:
    """Deliver some thousand, some times."""
    with aws() as stub, provider() as simulator:
        once = partial(_consume, module, stub, simulator)
        results = runner.repeat(module, once, _shown)
    rates = [each["rate"] for each in results]
    note = f"batches of {batch_size(module)}"
    return [Figure(name=module, unit="1/s", values=rates, goal=GOALS[module], note=note)]


def _consume(module: str, stub: Stub, simulator: dict[str, Any]) -> dict[str, Any]:
    """Consume once in a process of its own; each notification must go exactly once."""
    size, url = batch_size(module), simulator["url"]
    count = max(COUNT[module] // size, 1) * size
    everything = count + size
    ask(f"{url}/inbox", "DELETE")
    stub.reset(module=module, users=everything, waiting=everything, secret=SECRETS[module])
    pids = {"AWS": stub.pid, "provider": simulator["pid"]}
    before = {name: processor_seconds(pid) for name, pid in pids.items()}
    result = work("consume", function_environment(module, stub.url, url), size=size)
    busy = {name: processor_seconds(pid) - before[name] for name, pid in pids.items()}
    _check(everything, result, stub.report(), accepted(url))
    # What stands in for others worked for the batches before and after the measured ones, too.
    measured = count / (count + 2 * size)
    shares = {name: seconds * measured / result["seconds"] for name, seconds in busy.items()}
    own = result["cpu_seconds"] / result["seconds"]
    return {"rate": count / result["seconds"], "busy": {"consumer": own, **shares}}


def _check(asked: int, result: dict[str, Any], report: dict[str, Any], sent: int) -> None:
    if sent != asked:
        raise BenchError(f"{asked} were to be sent, and the provider accepted {sent}")
    if report["statuses"] != {"DELIVERED": asked}:
        raise BenchError(f"{asked} were to be delivered, and they stand as {report['statuses']}")
    if result["failures"]:
        raise BenchError(f"{result['failures']} messages were given back")


def _shown(result: dict[str, Any]) -> str:
    busy = ", ".join(f"{name} {share:.0%}" for name, share in result["busy"].items())
    return f"{result['rate']:,.0f}/s; processor: {busy}"
