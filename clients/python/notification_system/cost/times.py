"""How long functions take: estimates, as long as nobody has measured them on AWS.

Processor time was measured on one core of a laptop (docs/benchmarks.md); a function of 512 MB has
0.29 of a processor. A request to AWS takes 6 ms, as in the benchmarks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from notification_system.cost.step import BATCH, MESSAGES, Step
from notification_system.cost.usage import DEPLOYED, Usage

#: Megabytes for which Lambda gives one processor (AWS Lambda Developer Guide, "Configure Lambda
#: function memory").
PROCESSOR = 1769
#: Milliseconds of a request to AWS from within a region.
REQUEST = 6
#: Milliseconds that a consumer holds a container for `precision: exact`: a message comes one to two
#: seconds early (docs/decisions/0007-early-message-exact-moment.md).
HELD = 1500
#: Requests and sends of a batch that are under way at once.
AT_ONCE = 32
#: Notifications that are due in the same second, in bulk.
TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Time:
    """One function's milliseconds."""

    run: float  #: of processor time, in a run for one notification
    each: float  #: of processor time for each notification of a full batch
    provider: float = 0  #: of waiting for a provider

    def alone(self, step: Step, memory: int = DEPLOYED.memory) -> float:
        """Return the milliseconds of a run for one notification."""
        return self.run * PROCESSOR / memory + step.requests * REQUEST + self.provider

    def shared(self, step: Step, memory: int = DEPLOYED.memory) -> float:
        """Return the milliseconds of each notification of a full batch."""
        waiting = (step.requests * REQUEST + self.provider) / AT_ONCE
        return self.each * PROCESSOR / memory + waiting


TIMES: Mapping[str, Time] = {
    "create": Time(run=5, each=0.18),
    "deliver": Time(run=8, each=1.1, provider=60),
    "confirm": Time(run=4.2, each=4.2),
    "tick": Time(run=40, each=40),
    "dead_letters": Time(run=15, each=15),
}


def gb_seconds(milliseconds: float, memory: int = DEPLOYED.memory) -> float:
    """Return what so many milliseconds are charged as."""
    return milliseconds / 1000 * memory / 1024


def of_notification(usage: Usage, create: Step, deliver: Step) -> float:
    """Return the gigabyte-seconds of creating and delivering one notification."""
    held = HELD * (usage.precision == "exact") / (TOGETHER if usage.bulk else 1)
    steps = (TIMES["create"], create), (TIMES["deliver"], deliver)
    took = [time.shared(step) if usage.bulk else time.alone(step) for time, step in steps]
    return gb_seconds(sum(took) + held)


def runs(usage: Usage) -> tuple[float, float]:
    """Return how often the API's function and the consumer run."""
    if usage.bulk:
        return usage.per_month / BATCH, usage.per_month / (BATCH * MESSAGES)
    return usage.per_month, usage.per_month
