"""A job: its steps add up."""

from datetime import timedelta

from notification_core.domain.jobs import Job, JobKind, JobState
from tests.builders import NOON

LATER = NOON + timedelta(seconds=1)
JOB = Job(id="1", kind=JobKind.REDRIVE, parameters={}, created_at=NOON, updated_at=NOON)


def test_each_step_adds_its_counts_and_returns_the_next_place() -> None:
    after = JOB.advanced(LATER, [1], {"found": 2}).advanced(LATER, [2], {"found": 3, "moved": 1})

    assert (after.cursor, after.counts, after.updated_at) == ([2], {"found": 5, "moved": 1}, LATER)
    assert after.state is JobState.RUNNING


def test_the_last_step_ends_it() -> None:
    after = JOB.advanced(LATER, [1], {"found": 2}).done(LATER, {"found": 1})

    assert (after.state, after.cursor, after.counts) == (JobState.DONE, None, {"found": 3})


def test_the_counts_of_a_given_up_job_are_kept() -> None:
    after = JOB.advanced(LATER, [1], {"found": 2}).failed(LATER, "why")

    assert (after.state, after.error, after.counts) == (JobState.FAILED, "why", {"found": 2})


def test_nothing_is_counted_that_did_not_happen() -> None:
    assert JOB.done(LATER, {"moved": 0}).counts == {}
