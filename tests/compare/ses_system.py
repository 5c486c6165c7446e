"""The system of this project as `make up` runs it: SES is simulated, with the emulator."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.local.daemons import Daemon, wait_until
from infra.local.stack import LocalStack
from tests.benchmarks.processes import ask
from tests.compare.mails import Arrivals
from tests.compare.names import SES
from tests.compare.ours import OurSystem, running
from tests.compare.processor_time import seconds_of
from tests.compare.systems import Usage


class SesSystem(OurSystem):
    """A separate stack that sends through SES."""

    name = SES
    functions = (*OurSystem.functions, "MailEvents")

    def __init__(self, stack: LocalStack) -> None:
        super().__init__(stack)
        self._url = stack.access()["simulator_url"]
        self._simulator = Daemon("simulator", stack.layout)

    def addresses(self, count: int, latency_ms: int) -> list[str]:
        """Return recipients whose form determines the simulator's latency (docs/simulator.md)."""
        return self._addresses.of(count, f"slow-{latency_ms:04}-" if latency_ms else "")

    def begin(self, _recipients: Sequence[str], _latency_ms: int) -> None:
        """Start a run as `MailLog` does: forget earlier mails."""
        ask(f"{self._url}/inbox", "DELETE")

    def usage(self) -> Usage:
        """Add the simulator, as the provider, to the infrastructure."""
        usage = super().usage()
        simulator = {"simulator": seconds_of(self._simulator.pid or 0)}
        return Usage(usage.own, {**usage.infrastructure, **simulator})

    def wait_for(self, recipients: Sequence[str], count: int, seconds: float) -> Arrivals:
        """Wait for the mails as `MailLog` does, by the simulator's request log."""
        wait_until(lambda: int(ask(f"{self._url}/health")["requests"]) >= count, seconds)
        return self.of(recipients)

    def of(self, recipients: Sequence[str]) -> Arrivals:
        """Return the arrivals for these recipients since the run started."""
        wanted, moments = set(recipients), dict[str, list[float]]()
        items: list[dict[str, Any]] = ask(f"{self._url}/inbox")["items"]
        for item in items:
            if item["to"] in wanted:
                moment = datetime.fromisoformat(item["at"]).timestamp()
                moments.setdefault(item["to"], []).append(moment)
        return Arrivals(moments)


@contextmanager
def ses_system(state: Path) -> Iterator[SesSystem]:
    """Start a stack as `make up` does, and stop it at the end."""
    with running(state, {}) as stack:
        yield SesSystem(stack)
