"""Open, read and close the sessions of the console."""

import secrets
from dataclasses import dataclass

from notification_core.domain.console_sessions import Person, Session, session_hash
from notification_core.ports.console import ConsolePorts

#: Random bytes of a session's id and of its CSRF token.
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session, with the secret id for the browser, which is not stored."""

    id: str
    session: Session


def open_session(console: ConsolePorts, username: str) -> OpenedSession | None:
    """Open a session for a person who has just signed in; None if they may do nothing.

    Raises:
        Unavailable: the user pool does not answer.
    """
    person = _person_with_a_role(console, username)
    if person is None:
        return None
    now, session_id = console.clock(), secrets.token_urlsafe(SECRET_BYTES)
    session = Session(
        id_hash=session_hash(session_id),
        username=person.username,
        name=person.name,
        roles=person.roles,
        csrf_token=secrets.token_urlsafe(SECRET_BYTES),
        created_at=now,
        roles_read_at=now,
    )
    console.sessions.put(session)
    return OpenedSession(session_id, session)


def read_session(console: ConsolePorts, session_id: str) -> Session | None:
    """Return the session with this id, with roles that are at most `ROLES_FRESH` old.

    A session that is over, or whose person was removed, disabled or lost all roles, is removed.

    Raises:
        Unavailable: the roles are old, and the user pool does not answer.
    """
    session, now = console.sessions.get(session_hash(session_id)), console.clock()
    if session is None:
        return None
    if session.is_over(now):
        console.sessions.remove(session.id_hash)
        return None
    if not session.has_old_roles(now):
        return session
    person = _person_with_a_role(console, session.username)
    if person is None:
        console.sessions.remove(session.id_hash)
        return None
    renewed = session.with_person(person, now)
    # A sign-out at the same moment has removed the session, which must not come back.
    return renewed if console.sessions.replace(renewed) else None


def close_session(console: ConsolePorts, session: Session) -> None:
    """End a session."""
    console.sessions.remove(session.id_hash)


def _person_with_a_role(console: ConsolePorts, username: str) -> Person | None:
    person = console.directory.find(username)
    return person if person is not None and person.roles else None
