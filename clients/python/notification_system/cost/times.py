"""The durations of functions: estimates, because they have not been measured on AWS yet.

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
#: Milliseconds that a consumer waits in its container for `precision: exact`, because a message
#: arrives one to two seconds early (docs/decisions/0007-early-message-exact-moment.md).
HELD = 1500
#: Concurrent requests and sends of a batch.
AT_ONCE = 32
#: In bulk: notifications that are due in the same second.
TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Time:
    """The milliseconds of one function."""

    run: float  #: of processor time, in a run for one notification
    per_item: float  #: of processor time for each notification of a full batch
    provider: float = 0  #: of waiting for a provider

    def alone(self, step: Step, memory: int = DEPLOYED.memory) -> float:
        """Return the milliseconds of a run for one notification."""
        return self.run * PROCESSOR / memory + step.requests * REQUEST + self.provider

    def shared(self, step: Step, memory: int = DEPLOYED.memory) -> float:
        """Return the milliseconds of each notification of a full batch."""
        waiting = (step.requests * REQUEST + self.provider) / AT_ONCE
        return self.per_item * PROCESSOR / memory + waiting


TIMES: Mapping[str, Time] = {
    "create": Time(run=5, per_item=0.18),
    "deliver": Time(run=8, per_item=1.1, provider=60),
    "confirm": Time(run=4.2, per_item=4.2),
    "tick": Time(run=40, per_item=40),
    "dead_letters": Time(run=15, per_item=15),
}


def gb_seconds(milliseconds: float, memory: int = DEPLOYED.memory) -> float:
    """Return the gigabyte-seconds that AWS charges for a number of milliseconds."""
    return milliseconds / 1000 * memory / 1024


def of_notification(usage: Usage, create: Step, deliver: Step) -> float:
    """Return the gigabyte-seconds of creating and delivering one notification."""
    held = HELD * (usage.precision == "exact") / (TOGETHER if usage.bulk else 1)
    steps = (TIMES["create"], create), (TIMES["deliver"], deliver)
    durations = [time.shared(step) if usage.bulk else time.alone(step) for time, step in steps]
    return gb_seconds(sum(durations) + held)


def runs(usage: Usage) -> tuple[float, float]:
    """Return the numbers of runs of the API's function and of the consumer."""
    if usage.bulk:
        return usage.per_month / BATCH, usage.per_month / (BATCH * MESSAGES)
    return usage.per_month, usage.per_month
