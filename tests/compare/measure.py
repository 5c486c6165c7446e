"""The four measurements of one system."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from tests.benchmarks.figures import BenchError
from tests.compare.mails import Arrivals
from tests.compare.results import Doubled, Killed, Lateness, Rate
from tests.compare.systems import System, Usage

#: Time limit for the mails of one run, in seconds.
TIMEOUT = 180
#: Seconds from the first request to the due time of a burst, within which all must be created.
LEADS = (8, 60)
#: Attempts to kill a worker in the middle of a run; each attempt has twice the mails.
TRIES = 3
#: Time limit for the remaining mails of a killed worker, in seconds.
RECOVERY_SECONDS = {True: 480, False: 30}


class Log(Protocol):
    """The arrivals of mails."""

    def begin(self, recipients: Sequence[str], latency_ms: int) -> None:
        """Start a run: forget earlier mails, and set the latency of answers."""

    def of(self, recipients: Sequence[str]) -> Arrivals:
        """Return the arrivals since the run started."""

    def wait_for(self, recipients: Sequence[str], count: int, seconds: float) -> Arrivals:
        """Wait for this number of mails, or until the time is over."""


@dataclass(frozen=True)
class Run:
    """One run of a rate."""

    per_second: float
    usage: Usage


def run_once(
    system: System, log: Log, latency_ms: int, count: int, provider: Callable[[], float]
) -> Run:
    """Create and send mails that are due at once. Raises BenchError if any did not arrive.

    `provider` returns the CPU seconds of the mail server.
    """
    recipients = system.addresses(count, latency_ms)
    system.register(recipients)
    system.settle()
    log.begin(recipients, latency_ms)
    before, served = system.usage(), provider()
    began = system.ask(recipients, None)
    system.work()
    arrivals = _all_of(system, log, recipients)
    system.settle()
    usage = system.usage().since(before)
    served = provider() - served
    with_server = Usage(usage.own, {**usage.infrastructure, "mail server": served})
    return Run(count / (arrivals.last - began), with_server)


def rate_of(system: str, latency_ms: int, count: int, runs: Sequence[Run]) -> Rate:
    """Combine runs to a rate."""
    return Rate(
        system=system,
        latency_ms=latency_ms,
        count=count,
        runs=[run.per_second for run in runs],
        own_ms=_medians([run.usage.own for run in runs], count),
        infrastructure_ms=_medians([run.usage.infrastructure for run in runs], count),
    )


def _medians(seconds: Sequence[Mapping[str, float]], count: int) -> dict[str, float]:
    return {name: median(run[name] for run in seconds) * 1000 / count for name in seconds[0]}


def lateness(system: System, log: Log, latency_ms: int, count: int) -> Lateness:
    """Send mails that are all due in the same second."""
    for lead in LEADS:
        recipients = system.addresses(count, latency_ms)
        system.register(recipients)
        log.begin(recipients, latency_ms)
        due_at = float(math.ceil(time.time() + lead))
        system.ask(recipients, due_at)
        in_time = time.time() < due_at
        system.work()
        arrivals = _all_of(system, log, recipients)
        system.settle()
        if in_time:
            p50, p99 = arrivals.lateness(due_at)
            return Lateness(
                system=system.name, latency_ms=latency_ms, count=count, p50=p50, p99=p99
            )
    raise BenchError(f"{system.name}: not created within {LEADS[-1]} s")


def doubled(system: System, log: Log, latency_ms: int, count: int) -> Doubled:
    """Send some mails with two workers."""
    recipients = system.addresses(count, latency_ms)
    system.register(recipients)
    log.begin(recipients, latency_ms)
    system.ask(recipients, None)
    system.work(workers=2)
    _all_of(system, log, recipients)
    system.settle()
    return Doubled(system=system.name, count=count, doubled=log.of(recipients).doubled)


def kill(system: System, log: Log, latency_ms: int, count: int) -> Callable[[], Killed]:
    """Kill a worker when half of a burst has arrived, and let the system recover.

    Returns a function that waits for the end and returns the result, so that other systems can be
    measured in the meantime.
    """
    recipients = _kill_half_way(system, log, latency_ms, count)
    began = time.time()
    system.recover()
    repairs = system.repairs_itself

    def end() -> Killed:
        left = RECOVERY_SECONDS[repairs] - (time.time() - began)
        log.wait_for(recipients, len(recipients), max(left, 0))
        system.settle()
        arrivals = log.of(recipients)
        missing = len(recipients) - len(arrivals.moments)
        held_back = min(system.held_back(), missing)  # some tasks that Redis holds were sent
        return Killed(
            system=system.name,
            killed=system.killed,
            recovery=system.recovery,
            count=len(recipients),
            lost=missing - held_back,
            doubled=arrivals.doubled,
            held_back=held_back,
            seconds=max(arrivals.last - began, 0.0),
        )

    return end


def _kill_half_way(system: System, log: Log, latency_ms: int, count: int) -> list[str]:
    for _ in range(TRIES):
        recipients = system.addresses(count, latency_ms)
        system.register(recipients)
        log.begin(recipients, latency_ms)
        # All mails are created before the due time; otherwise a fast system would have no backlog.
        system.ask(recipients, float(math.ceil(time.time() + LEADS[0])))
        system.work()
        half = log.wait_for(recipients, count // 2, TIMEOUT)
        system.kill_worker()
        if len(half.moments) < count:
            return recipients
        system.recover()
        count *= 2  # the system was faster than the check of the log
    raise BenchError(f"{system.name}: all mails arrived before a worker could be killed")


def _all_of(system: System, log: Log, recipients: Sequence[str]) -> Arrivals:
    arrivals = log.wait_for(recipients, len(recipients), TIMEOUT)
    if len(arrivals.moments) < len(recipients):
        missing = len(recipients) - len(arrivals.moments)
        raise BenchError(f"{system.name}: {missing} of {len(recipients)} mails did not arrive")
    return arrivals
