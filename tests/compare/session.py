"""One comparison: its measurements, the systems, and the number of runs."""

import os
import time
from collections.abc import Callable, Mapping

from tests.compare import measure
from tests.compare.measure import Log, Run
from tests.compare.names import DJANGO, SES
from tests.compare.results import LATENCIES, Doubled, Killed, Lateness, Rate, Results
from tests.compare.systems import System, say

#: Runs of each rate, and the seconds after which no further run starts.
RUNS, SECONDS = 3, 12
#: The share of the mails, by latency, for two systems that would otherwise take too long: one sends
#: sequentially, and the other needs different recipients for each latency.
SHARES = {DJANGO: {20: 0.4, 100: 0.15}, SES: {20: 0.5, 100: 0.5}}
#: E-mails that are not measured.
WARM_UP = 20
#: The latency of the measurements other than rates, and their share of the mails.
LATENCY = 20
SHARE_LATE, SHARE_DOUBLED, SHARE_KILLED = 0.5, 0.2, 0.4


class Session:
    """Runs the measurements and collects the results.

    Args:
        count: e-mails per run.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._began = time.monotonic()
        self._rates: list[Rate] = []
        self._lateness: list[Lateness] = []
        self._doubled: list[Doubled] = []
        self._killed: list[Killed] = []

    def measure(self, systems: Mapping[System, Log], provider: Callable[[], float]) -> None:
        """Measure the rates of the systems in turn, and then the lateness of each.

        Each system first sends a few mails, so that processes and connections exist before a run.
        """
        for system, log in systems.items():
            measure.run_once(system, log, 0, WARM_UP, provider)
        for latency_ms in LATENCIES:
            runs: dict[System, list[Run]] = {system: [] for system in systems}
            spent = dict.fromkeys(systems, 0.0)
            for _ in range(RUNS):
                for system, log in systems.items():
                    if spent[system] > SECONDS:
                        continue
                    count = self._count_for(system, latency_ms)
                    run = measure.run_once(system, log, latency_ms, count, provider)
                    spent[system] += count / run.per_second
                    runs[system].append(run)
                    self._say(f"{system.name}, {latency_ms} ms: {run.per_second:.0f}/s")
            self._rates += [
                measure.rate_of(system.name, latency_ms, self._count_for(system, latency_ms), done)
                for system, done in runs.items()
            ]
        for system, log in systems.items():
            late = measure.lateness(system, log, LATENCY, round(self._count * SHARE_LATE))
            self._lateness.append(late)
            self._say(f"{system.name}, due at once: p50 {late.p50:.1f} s, p99 {late.p99:.1f} s")

    def disturb(self, systems: Mapping[System, Log]) -> None:
        """Kill a worker of each system, and measure duplicates of two workers."""
        count = round(self._count * SHARE_KILLED)
        ends = {
            system: measure.kill(system, log, LATENCY, count) for system, log in systems.items()
        }
        # A system that recovers by itself takes minutes, in which the others are measured.
        for system in sorted(systems, key=lambda system: system.repairs_itself):
            killed = ends[system]()
            self._killed.append(killed)
            self._say(f"{system.name}, killed: {killed.lost} lost, {killed.doubled} twice")
            twice = measure.doubled(
                system, systems[system], LATENCY, round(self._count * SHARE_DOUBLED)
            )
            self._doubled.append(twice)
            self._say(f"{system.name}, two workers: {twice.doubled} of {twice.count} twice")
        order = [system.name for system in systems]
        self._killed.sort(key=lambda killed: order.index(killed.system))

    def results(self, *, python: str, processors: int, seconds: float) -> Results:
        """Return all results."""
        return Results(
            python=python,
            processors=processors,
            seconds=seconds,
            load=os.getloadavg()[2],
            rates=self._rates,
            lateness=self._lateness,
            doubled=self._doubled,
            killed=self._killed,
        )

    def _count_for(self, system: System, latency_ms: int) -> int:
        return round(self._count * SHARES.get(system.name, {}).get(latency_ms, 1.0))

    def _say(self, line: str) -> None:
        say(f"[{time.monotonic() - self._began:5.0f} s] {line}")
