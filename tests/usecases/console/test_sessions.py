"""A session is opened for a role, and ends with the person's access."""

from datetime import timedelta

import pytest

from notification_core.adapters.memory.console import MemoryDirectory, MemorySessions
from notification_core.domain.console_sessions import LIFETIME, ROLES_FRESH, Person, Role
from notification_core.domain.errors import Unavailable
from notification_core.ports.console import ConsolePorts
from notification_core.usecases.console.sessions import close_session, open_session, read_session
from tests.builders import World
from tests.console_world import add_person, console_ports, opened


@pytest.fixture
def console(world: World) -> ConsolePorts:
    """The ports of the console."""
    return console_ports(world)


def test_a_session_is_read_back_by_its_secret_id_only(console: ConsolePorts) -> None:
    session = opened(console, Role.SUPPORT)

    assert read_session(console, session.id) == session.session
    assert read_session(console, session.session.id_hash) is None
    assert read_session(console, f"{session.id}x") is None


def test_two_sessions_have_nothing_secret_in_common(console: ConsolePorts) -> None:
    one, other = opened(console, Role.SUPPORT), opened(console, Role.SUPPORT)

    assert len({one.id, other.id, one.session.csrf_token, other.session.csrf_token}) == 4
    assert len(one.id) >= 43  # 256 bits


def test_whoever_has_no_role_gets_no_session(console: ConsolePorts) -> None:
    add_person(console, username="nobody")

    assert open_session(console, "nobody") is None
    assert open_session(console, "unknown") is None
    assert isinstance(console.sessions, MemorySessions)
    assert console.sessions.stored == {}


def test_a_session_ends_after_twelve_hours(console: ConsolePorts, world: World) -> None:
    session = opened(console, Role.SUPPORT)
    world.watch.now += LIFETIME

    assert read_session(console, session.id) is None
    assert console.sessions.get(session.session.id_hash) is None


def test_new_roles_count_after_ten_minutes(console: ConsolePorts, world: World) -> None:
    session = opened(console, Role.SUPPORT)
    add_person(console, Role.ADMIN)

    world.watch.now += ROLES_FRESH - timedelta(seconds=1)
    before = read_session(console, session.id)
    world.watch.forward(seconds=1)
    after = read_session(console, session.id)

    assert before is not None
    assert after is not None
    assert (before.roles, after.roles) == (
        frozenset({Role.SUPPORT}),
        frozenset({Role.ADMIN}),
    )
    assert after.created_at == before.created_at


@pytest.mark.parametrize("person", [None, Person("ada", "ada@example.com", frozenset())])
def test_whoever_is_removed_or_loses_all_roles_loses_the_session(
    console: ConsolePorts, world: World, person: Person | None
) -> None:
    session = opened(console, Role.ADMIN)
    assert isinstance(console.directory, MemoryDirectory)
    console.directory.people.clear()
    if person is not None:
        console.directory.people[person.username] = person
    world.watch.now += ROLES_FRESH

    assert read_session(console, session.id) is None
    add_person(console, Role.ADMIN)
    assert read_session(console, session.id) is None, "it does not come back"


def test_old_roles_are_not_used_while_the_user_pool_does_not_answer(
    console: ConsolePorts, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(console, Role.ADMIN)

    def unavailable(username: str) -> Person | None:
        raise Unavailable(username)

    monkeypatch.setattr(console.directory, "find", unavailable)
    assert read_session(console, session.id) is not None
    world.watch.now += ROLES_FRESH

    with pytest.raises(Unavailable):
        read_session(console, session.id)


def test_a_closed_session_does_not_come_back_with_new_roles(
    console: ConsolePorts, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(console, Role.ADMIN)
    find = console.directory.find

    def closes_meanwhile(username: str) -> Person | None:
        close_session(console, session.session)
        return find(username)

    monkeypatch.setattr(console.directory, "find", closes_meanwhile)
    world.watch.now += ROLES_FRESH

    assert read_session(console, session.id) is None
    assert console.sessions.get(session.session.id_hash) is None
