"""Sessions of the console: roles, the end, and what is unmasked."""

from datetime import timedelta

import pytest

from notification_core.domain.console_sessions import (
    LIFETIME,
    ROLES_FRESH,
    UNMASKED,
    Person,
    Role,
    Session,
    roles_of,
    session_hash,
)
from tests.builders import NOON

SESSION = Session(
    id_hash=session_hash("secret"),
    username="ada",
    name="ada@example.com",
    roles=frozenset({Role.ADMIN}),
    csrf_token="token",
    created_at=NOON,
    roles_read_at=NOON,
)


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        ([], set()),
        (["engineering", "Admin", "ADMIN", " admin"], set()),
        (["operator", "admin", "engineering"], {Role.OPERATOR, Role.ADMIN}),
    ],
)
def test_only_the_exact_names_of_roles_give_a_role(groups: list[str], roles: set[Role]) -> None:
    assert roles_of(groups) == roles


def test_a_session_lasts_twelve_hours_at_most_whatever_happens() -> None:
    assert timedelta(hours=12) >= LIFETIME
    person = Person("ada", "ada@example.com", frozenset())
    later = SESSION.with_person(person, NOON + timedelta(hours=11)).unmasking("x", NOON)

    assert not later.is_over(NOON + LIFETIME - timedelta(milliseconds=1))
    assert later.is_over(NOON + LIFETIME)


def test_roles_are_old_after_ten_minutes() -> None:
    assert not SESSION.has_old_roles(NOON + ROLES_FRESH - timedelta(milliseconds=1))
    assert SESSION.has_old_roles(NOON + ROLES_FRESH)


def test_what_is_unmasked_is_one_subject_for_five_minutes() -> None:
    session = SESSION.unmasking("notification 1", NOON)

    assert session.unmasks("notification 1", NOON + UNMASKED - timedelta(milliseconds=1))
    assert not session.unmasks("notification 1", NOON + UNMASKED)
    assert not session.unmasks("notification 2", NOON)
    assert not SESSION.unmasks("notification 1", NOON)


def test_what_is_over_is_forgotten_so_that_a_session_does_not_grow() -> None:
    session = SESSION.unmasking("a", NOON).unmasking("b", NOON + UNMASKED)

    assert len(session.unmasked_until) == 1


def test_a_session_holds_neither_its_id_nor_what_it_unmasks() -> None:
    text = repr(SESSION.unmasking("user ann@example.com", NOON))

    assert "secret" not in text
    assert "ann@" not in text
