"""What every JobStore, its queue, and every EvidenceStore does."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.adapters.sqs_queues import job_of_body
from notification_core.domain.jobs import Job, JobKind
from notification_core.ports import Ports
from tests.builders import NOON

LATER = NOON + timedelta(seconds=1)


@pytest.fixture
def job() -> Job:
    """A job that no other test has."""
    return Job(
        id=str(uuid4()),
        kind=JobKind.REDRIVE,
        parameters={"ids": ["ü"], "since": 0},
        dry_run=True,
        created_at=NOON,
        updated_at=NOON,
    )


def stored(ports: Ports, job: Job) -> Job:
    """Store it; returns it as it is read back."""
    assert ports.jobs.put(job)
    return stored_job(ports, job)


def stored_job(ports: Ports, job: Job) -> Job:
    """The job as it is stored."""
    found = ports.jobs.get(job.id)
    assert found is not None
    return found


def test_a_job_is_read_back_whole_at_each_step(ports: Ports, job: Job) -> None:
    first = stored(ports, job)
    assert first == replace(job, revision=1)

    advanced = first.advanced(LATER, [1, "x"], {"found": 2})
    second = stored(ports, advanced)
    assert second == replace(advanced, revision=2)

    failed = second.failed(LATER, "why")
    assert stored(ports, failed) == replace(failed, revision=3)


def test_of_two_writers_one_is_refused(ports: Ports, job: Job) -> None:
    first = stored(ports, job)

    assert not ports.jobs.put(replace(job, dry_run=False))
    assert ports.jobs.put(first.done(NOON, {}))
    assert not ports.jobs.put(first.failed(NOON, "late"))


def test_a_job_that_was_never_started_is_not_found(ports: Ports) -> None:
    assert ports.jobs.get(str(uuid4())) is None


def test_a_job_is_asked_for_and_evidence_is_kept(ports: Ports) -> None:
    assert ports.queues.enqueue_job("1")
    ports.evidence.put("pigeon/1.json", "{}")
    ports.evidence.put("pigeon/1.json", "half a surrogate pair: \ud800")


def test_a_message_without_a_job_is_not_a_job_message() -> None:
    assert job_of_body('{"job": "7"}') == "7"
    for body in ("", "[]", "{}", "7", "null", '"job"'):
        with pytest.raises(ValueError, match=r"."):
            job_of_body(body)


def test_jobs_of_a_month_are_listed_newest_first_as_they_are_now(ports: Ports, job: Job) -> None:
    month = NOON.replace(year=1999)
    started = [month + timedelta(days=days) for days in (0, 1, 1, 2)]
    jobs = [
        replace(job, id=f"{number}-{job.id}", created_at=moment, started_by="console: ann")
        for number, moment in enumerate(started)
    ]
    for of_month in (*jobs, replace(job, id=f"4-{job.id}", created_at=month - timedelta(days=9))):
        assert ports.jobs.put(of_month)
    ended = stored(ports, stored_job(ports, jobs[3]).done(LATER, {"found": 1}))

    newest = ports.jobs.list_month("1999-03", 3)
    rest = ports.jobs.list_month("1999-03", 3, newest[-1].position)

    assert [listed.id for listed in (*newest, *rest)] == [job.id for job in reversed(jobs)]
    assert newest[0] == ended
    assert newest[0].started_by == "console: ann"
    assert ports.jobs.list_month("1999-04", 3) == []
