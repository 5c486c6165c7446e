"""A job goes on although an answer or a message was lost: what every JobStore does for that."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import boto3
import pytest
import requests
from botocore.config import Config

from notification_core.adapters.dynamodb.models import JobItem
from notification_core.domain.jobs import STALLED, Job, JobKind, JobState
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import start_job, work
from tests.builders import NOON
from tests.emulator import Emulator

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def job() -> Job:
    """A job that no other test has."""
    return Job(
        id=str(uuid4()),
        kind=JobKind.REDRIVE,
        parameters={"ids": ["ü"], "since": 0},
        cursor=(0, 5, ""),
        created_at=NOON,
        updated_at=NOON,
    )


def test_a_write_that_is_repeated_was_done(ports: Ports, job: Job) -> None:
    """The SDK sends a request again whose answer was lost."""
    assert ports.jobs.put(job)
    assert ports.jobs.put(job)

    first = ports.jobs.get(job.id)
    assert first is not None
    assert first.revision == 1
    advanced = first.advanced(NOON, (0, 4, "x"), {"found": 1, "redriven": 1})
    assert ports.jobs.put(advanced)
    assert ports.jobs.put(advanced)
    assert not ports.jobs.put(job), "that was two writes ago"


def test_another_write_from_the_same_place_is_refused(ports: Ports, job: Job) -> None:
    assert ports.jobs.put(job)
    first = ports.jobs.get(job.id)
    assert first is not None

    assert ports.jobs.put(first.advanced(NOON, [1], {"found": 1}))
    assert not ports.jobs.put(first.advanced(NOON, [1], {"found": 2}))
    assert not ports.jobs.put(first.advanced(NOON + MILLISECOND, [1], {"found": 1}))


def stalled(ports: Ports, job: Job, after: timedelta) -> bool:
    """Whether a job counts as stalled so long after noon."""
    return job.id in ports.jobs.stalled(NOON + after)


def test_a_running_job_without_a_worker_is_found(ports: Ports, job: Job) -> None:
    ports.jobs.put(job)

    assert not stalled(ports, job, STALLED)
    assert stalled(ports, job, STALLED + MILLISECOND)


def test_a_job_is_not_stalled_while_it_has_to_wait(ports: Ports, job: Job) -> None:
    ports.jobs.put(replace(job, not_before=NOON + STALLED))

    assert not stalled(ports, job, STALLED * 2)
    assert stalled(ports, job, STALLED * 2 + MILLISECOND)


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED])
def test_a_job_that_has_ended_is_not_stalled(ports: Ports, job: Job, state: JobState) -> None:
    ports.jobs.put(job)
    first = ports.jobs.get(job.id)
    assert first is not None
    done = state is JobState.DONE

    ports.jobs.put(first.done(NOON, {}) if done else first.failed(NOON, "cut off"))

    assert not stalled(ports, job, STALLED * 9)


class LossyProxy(ThreadingHTTPServer):
    """Passes requests on to the emulator; answers the next PutItem with a 500, once it is done."""

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.to_lose = 0
        self.lost = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LossyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = requests.post(
            self.server.upstream, data=body, headers=dict(self.headers.items()), timeout=10
        )
        status, content = answer.status_code, answer.content
        if self.server.to_lose and "PutItem" in self.headers["X-Amz-Target"]:
            self.server.to_lose -= 1
            self.server.lost += 1
            status = 500
            content = b'{"__type": "InternalServerError", "message": "Internal server error"}'
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def lossy(
    aws: Ports, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Ports, LossyProxy]]:
    """The real store of jobs, over a connection that loses answers."""
    proxy = LossyProxy(emulator.url)
    thread = Thread(target=proxy.serve_forever, args=(0.01,))
    thread.start()
    client: Any = boto3.client(
        "dynamodb",
        endpoint_url=proxy.url,
        config=Config(retries={"mode": "standard", "total_max_attempts": 4}),
    )
    monkeypatch.setattr(JobItem._get_connection().connection, "_client", client)
    yield aws, proxy
    proxy.shutdown()
    thread.join()
    proxy.server_close()


def test_a_lost_answer_does_not_stop_the_only_worker(lossy: tuple[Ports, LossyProxy]) -> None:
    ports, proxy = lossy
    job = start_job(ports, JobKind.REDRIVE, {"steps": 3})

    def step(ports: Ports, job: Job) -> Job:
        proxy.to_lose = 1
        cursor = (job.cursor or 0) + 1
        done = cursor == job.parameters["steps"]
        now = ports.clock()
        return job.done(now, {"done": 1}) if done else job.advanced(now, cursor, {"done": 1})

    work(ports, job.id, {JobKind.REDRIVE: step}, lambda: False)

    ended = ports.jobs.get(job.id)
    assert proxy.lost == 3
    assert ended is not None
    assert (ended.state, ended.counts) == (JobState.DONE, {"done": 3})
