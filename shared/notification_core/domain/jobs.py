"""Work that takes longer than a request: what was asked, how far it is, what came of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

#: A step takes seconds. A running job that has not made one for so long has lost its message.
STALLED = timedelta(minutes=5)


class JobKind(StrEnum):
    """What a job does."""

    REDRIVE = "redrive"
    ERASURE = "erasure"
    OPT_OUT = "opt-out"  #: end what waits of a user with more than a request may read


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  #: given up; what it had done by then stays done


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work, done step by step; a step may be done twice without harm."""

    id: str
    kind: JobKind
    state: JobState = JobState.RUNNING
    dry_run: bool = False  #: count only
    asked: Mapping[str, Any]  #: JSON
    place: Any = None  #: JSON: where the next step begins; None for the beginning, and at the end
    not_before: datetime | None = None  #: when the next step may begin; None for at once
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    created_at: datetime
    updated_at: datetime
    revision: int = 0  #: grows by one each time it is stored

    def advanced(
        self,
        now: datetime,
        place: Any,
        counts: Mapping[str, int],
        not_before: datetime | None = None,
    ) -> Self:
        """Note a step, and where and when the next one begins."""
        counts = self._with(counts)
        return replace(self, place=place, counts=counts, not_before=not_before, updated_at=now)

    def wait(self, now: datetime) -> timedelta:
        """Return how long it is until the next step may begin; none when that is past."""
        return max((self.not_before or now) - now, timedelta(0))

    @property
    def stalled_at(self) -> datetime | None:
        """The moment after which a job that has not moved has lost its message.

        None when the job has ended.
        """
        if self.state is not JobState.RUNNING:
            return None
        return max(self.updated_at, self.not_before or self.updated_at) + STALLED

    def is_stalled(self, now: datetime) -> bool:
        """Whether the job runs, but no worker is on it any more."""
        return self.stalled_at is not None and now > self.stalled_at

    def done(self, now: datetime, counts: Mapping[str, int]) -> Self:
        """Note the last step."""
        return replace(
            self, state=JobState.DONE, place=None, counts=self._with(counts), updated_at=now
        )

    def failed(self, now: datetime, error: str) -> Self:
        """Give it up. Where it was goes, for that may name whom it was about."""
        return replace(self, state=JobState.FAILED, place=None, error=error, updated_at=now)

    def _with(self, counts: Mapping[str, int]) -> dict[str, int]:
        return dict(Counter(self.counts) + Counter(counts))
