"""What the benchmark of the console finds beside notifications: users, jobs, templates, a log."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from infra.local.caller import Caller
from notification_core.adapters.dynamodb.tables.console import DynamoAuditLog
from notification_core.adapters.dynamodb.tables.jobs import DynamoJobs
from notification_core.adapters.dynamodb.tables.opt_outs import DynamoOptOuts
from notification_core.adapters.dynamodb.tables.records import DynamoRecords
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.audit import AuditAction, AuditEntry
from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.jobs import Job, JobKind, JobState
from tests.benchmarks.console_data import MODULES, USERS, Places, record_id, user_of
from tests.benchmarks.figures import BenchError

#: Users with this address too, in the target for SMS.
SHARING, SHARED_ADDRESS = 20, "+15550000000"
#: Every tenth user has opted out of something; the first one so many times.
OPTED_OUT_SHARE, STATEMENTS = 10, 100
RUNNING_JOBS, ENDED_JOBS = 100, 200
#: Entries of the audit log, spread over this time; every third one has started a job.
ENTRIES, LOGGED_FOR = 2_000, timedelta(days=360)
#: Templates, and versions of the first of them.
TEMPLATES, VERSIONS = 40, 20

WRITERS = 3

Entity = TypeVar("Entity")

#: The address of the n-th user at each target.
ADDRESSES: dict[str, Callable[[int], str]] = {
    "email": "user-{}@example.com".format,
    "twilio": "+1555{:07}".format,
    "expo": "ExponentPushToken[user-{}]".format,
}


def write_all(places: Places, caller: Caller, now: datetime) -> None:
    """Store everything. The models of the tables have their names already."""
    records = DynamoRecords(places.client)
    for module in MODULES:
        added = records.add_all(_records(module, places.targets[module], now))
        if failed := [error for error in added if error]:
            raise BenchError(f"records: {failed[0]}")
    _put_each(DynamoOptOuts(places.client).put, _opt_outs(now))
    _put_each(DynamoJobs().put, _jobs(now))
    _put_each(DynamoAuditLog().put, _entries(now))
    _put_templates(caller)


def _put_each(put: Callable[[Entity], object], entities: Iterable[Entity]) -> None:
    with ThreadPoolExecutor(WRITERS) as workers:
        list(workers.map(put, entities))


def _records(module: str, target: str, now: datetime) -> list[TargetUserRecord]:
    def record(number: int, address: str, suffix: str = "") -> TargetUserRecord:
        user = f"user-{number}"
        return TargetUserRecord(
            id=f"{record_id(user, module)}{suffix}",
            user=user,
            target=target,
            target_user_id=address,
            created_at=now,
            updated_at=now,
        )

    own = [record(number, ADDRESSES[module](number)) for number in range(USERS)]
    if module != "twilio":
        return own
    return [*own, *(record(number, SHARED_ADDRESS, "-shared") for number in range(1, SHARING + 1))]


def _opt_outs(now: datetime) -> Iterable[OptOut]:
    for number in range(0, USERS, OPTED_OUT_SHARE):
        entries = tuple(
            ConsentEntry(
                scope=f"category:news-{place}" if place else EVERYTHING,
                active=place > 0,
                at=now - timedelta(hours=STATEMENTS - place),
                source=ConsentSource.API,
                evidence="console: support@example.com",
            )
            for place in range(1 if number else STATEMENTS)
        )
        yield OptOut(user=f"user-{number}", entries=entries, created_at=now, updated_at=now)


def _jobs(now: datetime) -> Iterable[Job]:
    for number in range(RUNNING_JOBS + ENDED_JOBS):
        is_running = number < RUNNING_JOBS
        yield Job(
            id=job_id(number),
            kind=JobKind.REDRIVE,
            state=JobState.RUNNING if is_running else JobState.DONE,
            parameters={"target": "Email", "error_code": "Reject", "ids": None},
            # No worker takes it up while the benchmark runs.
            not_before=now + timedelta(days=1) if is_running else None,
            counts={"found": 2000, "redriven": number},
            created_at=now,
            updated_at=now,
        )


def job_id(number: int) -> str:
    """Return the id of a job; the first `RUNNING_JOBS` run."""
    return f"job-{number}"


def _entries(now: datetime) -> Iterable[AuditEntry]:
    actions = list(AuditAction)
    for number in range(ENTRIES):
        yield AuditEntry(
            id=f"entry-{number}",
            at=now - LOGGED_FOR * number / ENTRIES,
            who="operator@example.com",
            username="operator",
            action=actions[number % len(actions)],
            subject=f"user {user_of(5000 + number)}",
            reason="the customer has called, and has asked for it",
            outcome="done",
            job=None if number % 3 else job_id(number % (RUNNING_JOBS + ENDED_JOBS)),
        )


def template_name(number: int) -> str:
    """Return the name of a template; the first one has the most versions."""
    return f"template-{number}"


def _put_templates(caller: Caller) -> None:
    for number in range(TEMPLATES):
        path = f"/templates/{template_name(number)}"
        for version in range(1 if number else VERSIONS):
            _expect(caller("PUT", path, _template(version)), HTTPStatus.CREATED, path)
        _expect(caller("POST", f"{path}/publish"), HTTPStatus.OK, path)


def _expect(answer: Any, status: HTTPStatus, path: str) -> None:
    if answer.status != status:
        raise BenchError(f"{path}: {answer}")


def _template(version: int) -> dict[str, Any]:
    def texts(greeting: str) -> dict[str, Any]:
        return {
            "email": {
                "subject": f"{greeting} {{{{ name }}}} ({version})",
                "html": f"<h1>{greeting} {{{{ name }}}}</h1>" + "<p>Your table is ready.</p>" * 40,
            },
            "sms": {"body": f"{greeting} {{{{ name }}}}, your table is ready ({version})"},
            "push": {"title": greeting, "body": "Your table is ready"},
        }

    return {
        "default_locale": "en",
        "category": "security",  # mandatory, so that an e-mail needs no link to unsubscribe
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        },
        "examples": [{"name": "Ann"}],
        "content": {"en": texts("Hello"), "de": texts("Hallo"), "fr": texts("Bonjour")},
    }
