"""The state of the whole system: alarms, pauses and what is late."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from notification_core.domain.alarms import Alarm, AlarmState
from notification_core.domain.errors import Unavailable
from notification_core.ports.console import Alarms
from notification_core.usecases.queries.backlog import Backlog, BacklogPorts, backlogs

#: A notification is late if it has been due for longer. A due notification is usually sent within
#: seconds, and the dispatcher finds everything that is due within a minute.
LATE = timedelta(minutes=1)

#: The most overdue notifications that are counted in one shard: the page renews itself often.
COUNTED = 100

#: How long CloudWatch may take to evaluate a new alarm. Each alarm of the stack treats missing data
#: as good or bad, so an alarm that has no state for longer cannot be evaluated.
NEW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of the whole system at one moment."""

    at: datetime
    alarms: Sequence[Alarm] | None  #: None if they could not be read
    backlogs: Sequence[Backlog]

    @property
    def raised(self) -> list[Alarm]:
        """The alarms that are raised, the latest first."""
        raised = [alarm for alarm in self.alarms or () if alarm.state is AlarmState.ALARM]
        return sorted(raised, key=lambda alarm: (alarm.since, alarm.name), reverse=True)

    @property
    def unevaluated(self) -> list[Alarm]:
        """The alarms that CloudWatch has not evaluated, although they are not new."""
        return [
            alarm
            for alarm in self.alarms or ()
            if alarm.state is AlarmState.INSUFFICIENT_DATA and self.at - alarm.since > NEW
        ]

    @property
    def paused(self) -> list[Backlog]:
        """The handlers that are paused."""
        return [backlog for backlog in self.backlogs if backlog.module and backlog.module.pause]

    @property
    def undeployed(self) -> list[Backlog]:
        """The handlers that targets name but that are not deployed."""
        return [backlog for backlog in self.backlogs if backlog.module is None]

    @property
    def oldest_age(self) -> timedelta | None:
        """How long the oldest notification has been due, apart from those of paused handlers."""
        due_times = [
            backlog.oldest_due
            for backlog in self.backlogs
            if backlog.oldest_due and not (backlog.module and backlog.module.pause)
        ]
        return self.at - min(due_times) if due_times else None

    def is_late(self, backlog: Backlog) -> bool:
        """Whether the oldest notification of a handler should have been sent by now."""
        is_paused = backlog.module is not None and backlog.module.pause is not None
        due_at = backlog.oldest_due
        return not is_paused and due_at is not None and self.at - due_at > LATE


def overview(ports: BacklogPorts, alarms: Alarms) -> Overview:
    """Return the state of the system. Without an answer of CloudWatch it has no alarms."""
    with ThreadPoolExecutor(1) as worker:
        reading = worker.submit(_alarms, alarms)
        waiting = backlogs(ports, COUNTED)
        stored = reading.result()
    modules = frozenset(backlog.name for backlog in waiting)
    return Overview(
        at=ports.clock(),
        alarms=None if stored is None else [alarm for alarm in stored if alarm.belongs_to(modules)],
        backlogs=waiting,
    )


def _alarms(alarms: Alarms) -> Sequence[Alarm] | None:
    try:
        return alarms.list()
    except Unavailable:
        return None
