"""What the stores of the console do, in memory and in the emulator, and the real user pool."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.cognito import CognitoDirectory, find_app_client
from notification_core.adapters.dynamodb.models import console as models
from notification_core.adapters.dynamodb.tables.console import DynamoAuditLog, DynamoSessions
from notification_core.adapters.memory.console import (
    MemoryAlarms,
    MemoryAuditLog,
    MemoryDirectory,
    MemorySessions,
)
from notification_core.domain.audit import AuditEntry
from notification_core.domain.console_sessions import Person, Role, Session, session_hash
from notification_core.domain.errors import Unavailable
from notification_core.domain.jobs import Job, JobKind
from notification_core.ports import Ports
from notification_core.ports.console import ConsolePorts
from notification_core.runtime.wiring import use_tables
from tests.builders import NOON, Watch
from tests.emulator import Emulator


@pytest.fixture(scope="module")
def pool(emulator: Emulator) -> str:
    """A user pool with the groups of the console."""
    client = emulator.client("cognito-idp")
    pool_id = str(client.create_user_pool(PoolName="console")["UserPool"]["Id"])
    for group in (*Role, "engineering"):
        client.create_group(UserPoolId=pool_id, GroupName=str(group))
    return pool_id


@pytest.fixture(params=["memory", "aws"])
def console(request: pytest.FixtureRequest) -> ConsolePorts:
    """The ports of the console, in memory or in the emulator."""
    if request.param == "memory":
        return ConsolePorts(
            sessions=MemorySessions(),
            audit_log=MemoryAuditLog(),
            directory=MemoryDirectory(),
            alarms=MemoryAlarms(),
            clock=Watch(),
        )
    emulator: Emulator = request.getfixturevalue("emulator")
    tables = {variable: variable.lower().replace("_", "-") for variable in models.VARIABLES}
    use_tables(tables, emulator.client("dynamodb"), models.ALL)
    for model in models.ALL:
        if not model.exists():
            model.create_table(wait=True)
    return ConsolePorts(
        sessions=DynamoSessions(),
        audit_log=DynamoAuditLog(),
        directory=CognitoDirectory(
            lambda: emulator.client("cognito-idp"), request.getfixturevalue("pool")
        ),
        alarms=MemoryAlarms(),
        clock=Watch(),
    )


def a_session() -> Session:
    """A session that no other test has."""
    return Session(
        id_hash=session_hash(str(uuid4())),
        username="ada",
        name="ada@example.com",
        roles=frozenset({Role.ADMIN, Role.SUPPORT}),
        csrf_token="token",
        created_at=NOON,
        roles_read_at=NOON,
    )


def test_a_session_is_read_back_whole(console: ConsolePorts) -> None:
    session = a_session().unmasking("notification 1", NOON)

    console.sessions.put(session)

    assert console.sessions.get(session.id_hash) == session
    assert console.sessions.get(session_hash("another")) is None


def test_a_changed_session_replaces_it(console: ConsolePorts) -> None:
    session = a_session()
    console.sessions.put(session)
    changed = session.with_person(Person("ada", "new", frozenset({Role.AUTHOR})), NOON)

    assert console.sessions.replace(changed)
    assert console.sessions.get(session.id_hash) == changed


def test_a_removed_session_is_gone_and_is_not_replaced(console: ConsolePorts) -> None:
    session = a_session()
    console.sessions.put(session)
    console.sessions.remove(session.id_hash)
    console.sessions.remove(session.id_hash)

    assert not console.sessions.replace(session)
    assert console.sessions.get(session.id_hash) is None


def an_entry(**changes: Any) -> AuditEntry:
    """An entry at noon."""
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "at": NOON,
        "who": "ada@example.com",
        "username": "ada",
        "action": "cancel",
        "subject": "notification 1",
    }
    return AuditEntry(**values | changes)


def test_an_entry_is_read_back_whole_and_its_outcome_replaces_it(console: ConsolePorts) -> None:
    entry = an_entry(at=NOON.replace(year=2001), reason="ü")
    console.audit_log.put(entry)
    assert list(console.audit_log.list_month("2001-03", 9)) == [entry]

    ended = replace(entry, outcome="cancelled", job="1")
    console.audit_log.put(ended)

    assert list(console.audit_log.list_month("2001-03", 9)) == [ended]


def test_a_month_is_listed_newest_first_from_a_position_on(console: ConsolePorts) -> None:
    month = NOON.replace(year=2002)
    entries = [an_entry(at=month + timedelta(milliseconds=step)) for step in range(5)]
    for entry in entries:
        console.audit_log.put(entry)
    console.audit_log.put(an_entry(at=month + timedelta(days=40)))
    newest = entries[::-1]

    assert list(console.audit_log.list_month("2002-03", 9)) == newest
    assert list(console.audit_log.list_month("2002-03", 2)) == newest[:2]
    assert list(console.audit_log.list_month("2002-03", 2, newest[1].position)) == newest[2:4]
    assert list(console.audit_log.list_month("2002-03", 9, newest[4].position)) == []
    assert list(console.audit_log.list_month("2002-02", 9)) == []


def add_user(client: Any, pool: str, *groups: str) -> str:
    """Add somebody to the user pool; return the username."""
    username = f"{uuid4()}@example.com"
    client.admin_create_user(
        UserPoolId=pool,
        Username=username,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
    )
    for group in groups:
        client.admin_add_user_to_group(UserPoolId=pool, Username=username, GroupName=group)
    return username


def test_the_directory_reads_name_and_roles_from_the_user_pool(
    emulator: Emulator, pool: str
) -> None:
    client = emulator.client("cognito-idp")
    directory = CognitoDirectory(lambda: client, pool)
    username = add_user(client, pool, "operator", "engineering")
    plain = add_user(client, pool)

    found, without_role = directory.find(username), directory.find(plain)

    assert found is not None
    assert (found.name, found.roles) == ("ada@example.com", frozenset({Role.OPERATOR}))
    assert without_role is not None
    assert without_role.roles == set()


def test_the_directory_does_not_find_whoever_was_removed_or_disabled(
    emulator: Emulator, pool: str
) -> None:
    client = emulator.client("cognito-idp")
    directory = CognitoDirectory(lambda: client, pool)
    removed, disabled = add_user(client, pool, "admin"), add_user(client, pool, "admin")
    client.admin_delete_user(UserPoolId=pool, Username=removed)
    client.admin_disable_user(UserPoolId=pool, Username=disabled)

    assert directory.find(removed) is None
    assert directory.find(disabled) is None
    assert directory.find("nobody") is None


def test_a_user_pool_that_does_not_exist_is_unavailable(emulator: Emulator) -> None:
    client = emulator.client("cognito-idp")

    with pytest.raises(Unavailable):
        CognitoDirectory(lambda: client, "us-east-1_nothing").find("ada")
    with pytest.raises(Unavailable):
        find_app_client(client, "us-east-1_nothing", "console")


def test_the_app_client_is_found_by_its_name(emulator: Emulator, pool: str) -> None:
    client = emulator.client("cognito-idp")
    urls = {"CallbackURLs": ["https://x/console/callback"], "LogoutURLs": ["https://x/console/bye"]}
    for name in ("other", "console"):
        created = client.create_user_pool_client(
            UserPoolId=pool, ClientName=name, GenerateSecret=True, **urls
        )["UserPoolClient"]

    found = find_app_client(client, pool, "console")

    assert (found.id, found.secret) == (created["ClientId"], created["ClientSecret"])
    assert found.callback_url == "https://x/console/callback"
    assert found.sign_out_url == "https://x/console/bye"
    with pytest.raises(Unavailable):
        find_app_client(client, pool, "missing")


def test_running_jobs_are_listed_until_they_end(ports: Ports) -> None:
    job = Job(
        id=str(uuid4()), kind=JobKind.REDRIVE, parameters={}, created_at=NOON, updated_at=NOON
    )
    ports.jobs.put(job)
    assert job.id in ports.jobs.running()

    stored = ports.jobs.get(job.id)
    assert stored is not None
    ports.jobs.put(stored.done(NOON, {}))

    assert job.id not in ports.jobs.running()
