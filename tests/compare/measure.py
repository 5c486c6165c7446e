"""The four measurements, each of one system."""

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

#: Seconds that the mails of one run may take.
TIMEOUT = 180
#: Seconds from the first request to the due time of a burst; by then everything has to be created.
LEADS = (8, 60)
#: How often a worker is killed, each time with twice the mails, until one dies in between.
TRIES = 3
#: Seconds that a killed worker's mails may take to come after all.
RECOVERY_SECONDS = {True: 480, False: 30}


class Log(Protocol):
    """What tells which mails have come."""

    def begin(self, recipients: Sequence[str], latency_ms: int) -> None:
        """Begin a run: forget what they had, and have mails answered so late."""

    def of(self, recipients: Sequence[str]) -> Arrivals:
        """Return what has come since the run began."""

    def wait_for(self, recipients: Sequence[str], count: int, seconds: float) -> Arrivals:
        """Wait until so many of them have their mail, or the time is over."""


@dataclass(frozen=True)
class Run:
    """One run of a rate."""

    per_second: float
    usage: Usage


def run_once(
    system: System, log: Log, latency_ms: int, count: int, provider: Callable[[], float]
) -> Run:
    """Create and send so many mails that are due at once; raises BenchError if not all came.

    `provider` returns the seconds that the mail server has computed.
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
    """Put runs together."""
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
    """Send so many mails that are all due in the same second."""
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
    """Kill a worker when half of a burst has come, and let the system recover.

    Returns what waits for its end and tells what became of the mails, so that others may be
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
        held_back = min(system.held_back(), missing)  # some of what Redis holds has been sent
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
        # All of it is there before it is due, or a fast system has nothing in hand at the half.
        system.ask(recipients, float(math.ceil(time.time() + LEADS[0])))
        system.work()
        half = log.wait_for(recipients, count // 2, TIMEOUT)
        system.kill_worker()
        if len(half.moments) < count:
            return recipients
        system.recover()
        count *= 2  # it was faster than the look into the log
    raise BenchError(f"{system.name}: all mails had come before a worker could be killed")


def _all_of(system: System, log: Log, recipients: Sequence[str]) -> Arrivals:
    arrivals = log.wait_for(recipients, len(recipients), TIMEOUT)
    if len(arrivals.moments) < len(recipients):
        missing = len(recipients) - len(arrivals.moments)
        raise BenchError(f"{system.name}: {missing} of {len(recipients)} mails did not come")
    return arrivals
