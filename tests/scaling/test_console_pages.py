"""A page of the console reads as much with 20,000 notifications as with 10,000, and not often."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.dynamodb.models import console as models
from notification_core.adapters.dynamodb.tables.console import DynamoAuditLog, DynamoSessions
from notification_core.adapters.memory.console import MemoryAlarms, MemoryDirectory
from notification_core.domain.audit import AuditAction, AuditEntry
from notification_core.domain.clock import utc_now
from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.app import Console
from notification_core.entrypoints.console.csrf import masked
from notification_core.entrypoints.console.sign_in import SignIn
from notification_core.ports import Ports
from notification_core.ports.console import ConsolePorts
from notification_core.runtime.wiring import aws_client, use_tables
from notification_core.usecases.sending.redrive import Redrive, redrive
from tests.console_world import CLIENT, SETTINGS, Browser, opened
from tests.emulator import Emulator
from tests.scaling.cloud import Cloud
from tests.scaling.import_operations import OPERATIONS
from tests.scaling.operations import Scene
from tests.scaling.scenes import MOST, scene
from tests.scaling.stock import MESSAGE_ID, REFERENCE, Kind

SIZES = (MOST // 2, MOST)

Of = Callable[[Scene], str]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A page, and what it finds.

    Attributes:
        path: its path.
        requests: the most requests to AWS of a warm container, including one for the session.
        reads: the most read units.
    """

    path: Of
    requests: int
    reads: float
    kind: Kind = Kind.WAITING
    query: dict[str, Of] = field(default_factory=dict)
    ready: Callable[[Scene], object] = lambda _: None


def _job(scene: Scene) -> None:
    scene.kept["job"] = redrive(scene.ports, Redrive(ids=["x"])).id


TEMPLATE = OPERATIONS["GET /templates/{name}/diff"].ready  # two versions, one published

CASES = {
    "overview": Case(path=lambda _: "/", kind=Kind.LOST, requests=28, reads=55),
    "find a user": Case(
        path=lambda _: "/find", query={"q": lambda scene: scene.user}, requests=7, reads=55
    ),
    "find an address": Case(
        path=lambda _: "/find",
        kind=Kind.ELSEWHERE,
        query={"q": lambda scene: scene.address},
        requests=15,
        reads=515,
    ),
    "find a provider's ID": Case(
        path=lambda _: "/find",
        kind=Kind.IDENTIFIED,
        query={"q": lambda _: MESSAGE_ID},
        requests=9,
        reads=58,
    ),
    "find a reference": Case(
        path=lambda _: "/find",
        kind=Kind.REFERENCED,
        query={"q": lambda _: REFERENCE},
        requests=9,
        reads=57,
    ),
    "notification": Case(path=lambda scene: f"/notifications/{scene.ids[0]}", requests=5, reads=5),
    "user": Case(
        path=lambda _: "/user", query={"id": lambda scene: scene.user}, requests=7, reads=31
    ),
    "failed": Case(path=lambda _: "/failed", kind=Kind.FAILED, requests=34, reads=1085),
    "failed, one group": Case(
        path=lambda _: "/failed/group",
        kind=Kind.FAILED,
        query={"target": lambda scene: scene.target, "code": lambda _: "21617"},
        requests=35,
        reads=1185,
    ),
    "targets": Case(path=lambda _: "/targets", requests=3, reads=9),
    "jobs": Case(path=lambda _: "/jobs", ready=_job, requests=4, reads=30),
    "job": Case(path=lambda scene: f"/jobs/{scene.kept['job']}", ready=_job, requests=2, reads=2),
    "templates": Case(path=lambda _: "/templates", ready=TEMPLATE, requests=3, reads=30),
    "template": Case(
        path=lambda scene: f"/templates/{scene.kept['name']}", ready=TEMPLATE, requests=5, reads=5
    ),
    "audit log": Case(path=lambda _: "/audit", requests=9, reads=12),
}


@pytest.fixture(scope="module")
def console(registered: Ports, emulator: Emulator) -> Iterator[ConsolePorts]:
    """The ports of the console, with a hundred entries of the audit log in two months."""
    del registered
    names = {variable: f"scaling-{variable.lower()}" for variable in models.VARIABLES}
    use_tables(names, emulator.client("dynamodb"), models.ALL)
    for model in models.ALL:
        model.create_table(wait=True)
    cloud_ports = ConsolePorts(
        sessions=DynamoSessions(),
        audit_log=DynamoAuditLog(),
        directory=MemoryDirectory(),
        alarms=MemoryAlarms(),
        clock=utc_now,
    )
    for number in range(100):
        cloud_ports.audit_log.put(_entry(number))
    use_tables(names, aws_client("dynamodb"), models.ALL)
    yield cloud_ports
    for model in models.ALL:
        model.delete_table()


def _entry(number: int) -> AuditEntry:
    return AuditEntry(
        id=str(uuid4()),
        at=utc_now() - timedelta(days=31 * (number % 2), seconds=number),
        who="ann",
        username="ann",
        action=AuditAction.PAUSE,
        subject="target Email",
    )


def measured(
    ports: Ports, console: ConsolePorts, cloud: Cloud, case: Case
) -> Iterator[tuple[int, float]]:
    """Open a page at each size; yield the requests and the read units."""
    kept: dict[str, Any] = {}
    for count in SIZES:
        made = scene(ports, cloud, case.kind, count, all_indexes=True)
        if not kept:  # once, because the number of jobs and templates is counted too
            case.ready(made)
        kept |= made.kept
        made.kept |= kept
        yield opening(console, cloud, case, made)


def opening(console: ConsolePorts, cloud: Cloud, case: Case, made: Scene) -> tuple[int, float]:
    """Open a page; return the requests and the read units."""
    session = opened(console, Role.ADMIN)
    app = Console(made.ports, console, SignIn(SETTINGS, lambda: CLIENT))
    browser = Browser(app, session.id, masked(session.session.csrf_token))
    query = {name: of(made) for name, of in case.query.items()}
    browser.get(case.path(made), **query)  # the container is warm then
    with cloud.counted():
        page = browser.get(case.path(made), **query)
    assert page.status == 200, page.body
    return cloud.requests, cloud.reads


@pytest.mark.parametrize("name", CASES)
def test_a_page_reads_as_much_however_many_notifications_there_are(
    registered: Ports, console: ConsolePorts, cloud: Cloud, name: str
) -> None:
    case = CASES[name]
    smaller, larger = measured(registered, console, cloud, case)

    assert larger == smaller
    requests, reads = larger
    assert requests <= case.requests, f"{requests} requests"
    assert reads <= case.reads, f"{reads} read units"
