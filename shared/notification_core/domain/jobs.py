"""Background jobs, for work that takes longer than a request: parameters, progress and result."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from notification_core.domain.months import month_of, position_of

#: A step takes seconds. A running job without a step for this long has lost its queue message.
STALLED = timedelta(minutes=5)

#: How long a job is kept after its last step.
KEPT = timedelta(days=30)


class JobKind(StrEnum):
    """What a job does."""

    REDRIVE = "redrive"
    ERASURE = "erasure"
    OPT_OUT = "opt-out"  #: end a user's waiting notifications, if too many for one request


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  #: given up; the steps that it has completed are not undone


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job, which runs step by step. A step can be repeated safely."""

    id: str
    kind: JobKind
    state: JobState = JobState.RUNNING
    dry_run: bool = False  #: count only
    parameters: Mapping[str, Any]  #: JSON: the fields of the dataclass of this kind
    #: JSON, likewise: where the next step begins; None at the beginning and at the end.
    cursor: Any = None
    not_before: datetime | None = None  #: when the next step may begin; None for at once
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    started_by: str = ""  #: who started it (`domain/attribution.py`); empty if that is not known
    created_at: datetime
    updated_at: datetime
    revision: int = 0  #: grows by one each time it is stored

    @property
    def month(self) -> str:
        """The partition of the listing that has the job, such as `2026-11`."""
        return month_of(self.created_at)

    @property
    def position(self) -> str:
        """The place of the job in its month; that of a later job is greater."""
        return position_of(self.created_at, self.id)

    def advanced(
        self,
        now: datetime,
        cursor: Any,
        counts: Mapping[str, int],
        not_before: datetime | None = None,
    ) -> Self:
        """Record a step, and where and when the next step begins."""
        counts = self._with(counts)
        return replace(self, cursor=cursor, counts=counts, not_before=not_before, updated_at=now)

    def wait(self, now: datetime) -> timedelta:
        """Return the time until the next step may begin; zero when that time has passed."""
        return max((self.not_before or now) - now, timedelta(0))

    @property
    def stalled_at(self) -> datetime | None:
        """The time after which a job without progress has lost its queue message.

        None when the job has ended.
        """
        if self.state is not JobState.RUNNING:
            return None
        return max(self.updated_at, self.not_before or self.updated_at) + STALLED

    def is_stalled(self, now: datetime) -> bool:
        """Whether the job is running, but no worker processes it any more."""
        return self.stalled_at is not None and now > self.stalled_at

    def done(self, now: datetime, counts: Mapping[str, int]) -> Self:
        """Record the last step and end the job."""
        return replace(
            self, state=JobState.DONE, cursor=None, counts=self._with(counts), updated_at=now
        )

    def failed(self, now: datetime, error: str) -> Self:
        """Give the job up and clear its cursor, because the cursor may contain a user id."""
        return replace(self, state=JobState.FAILED, cursor=None, error=error, updated_at=now)

    def _with(self, counts: Mapping[str, int]) -> dict[str, int]:
        return dict(Counter(self.counts) + Counter(counts))
