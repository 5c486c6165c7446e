"""One text finds whatever it names."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.addresses import MAX_ADDRESS
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.usecases.queries.finding import Findings, find
from notification_core.usecases.queries.search import MAX_USERS
from tests.builders import NOON, World, an_opt_out
from tests.usecases.steps import claimed, stored


def kinds(findings: Findings) -> dict[str, tuple[str, ...]]:
    """By what each notification was found."""
    return {match.notification.id: match.by for match in findings.matches}


def test_an_id_a_user_an_address_and_a_reference_find_a_notification(world: World) -> None:
    notification = stored(world, reference="order 1")
    sent = claimed(world, stored(world, reference="order 2")).delivered(NOON, "SM1")
    world.notifications.stored[sent.id] = sent

    assert kinds(find(world.ports, notification.id, 10)) == {notification.id: ("id",)}
    assert set(kinds(find(world.ports, "eggs", 10))) == {notification.id, sent.id}
    assert set(kinds(find(world.ports, " 123 ", 10))) == {notification.id, sent.id}
    assert kinds(find(world.ports, "order 1", 10)) == {notification.id: ("reference",)}
    assert kinds(find(world.ports, "SM1", 10)) == {sent.id: ("provider_id",)}


def test_a_notification_that_several_searches_find_is_listed_once(world: World) -> None:
    notification = stored(world, user="eggs", reference="eggs")

    findings = find(world.ports, "eggs", 10)

    assert kinds(findings) == {notification.id: ("user", "reference")}


def test_an_address_finds_its_users_too(world: World) -> None:
    world.add_record(user="ham")

    findings = find(world.ports, "123", 10)

    assert [(found.user, found.by) for found in findings.users] == [
        ("eggs", ("address",)),
        ("ham", ("address",)),
    ]


def test_a_user_without_notifications_is_found(world: World) -> None:
    world.opt_outs.put(an_opt_out(user="opted"))

    for user in ("eggs", "opted"):
        assert [found.user for found in find(world.ports, user, 10).users] == [user]
    assert find(world.ports, "unknown", 10).users == []


def test_the_newest_come_first_and_no_more_than_the_limit(world: World) -> None:
    moments = [NOON + timedelta(seconds=number) for number in range(5)]
    notifications = [stored(world, created_at=moment) for moment in moments]

    findings = find(world.ports, "eggs", 3)

    assert [match.notification for match in findings.matches] == notifications[:1:-1]
    assert findings.has_more


def test_a_search_without_its_index_is_left_out(world: World) -> None:
    stored(world, reference="order 1")
    ports = replace(world.ports, search_indexes=frozenset[SearchIndex]())

    assert find(ports, "order 1", 10) == Findings([], [], has_more=False)


def test_an_address_of_too_many_users_is_a_problem_and_no_error(world: World) -> None:
    for number in range(MAX_USERS + 1):
        world.add_record(user=f"user-{number}")

    findings = find(world.ports, "123", 10)

    assert findings.matches == []
    assert len(findings.users) == 10
    assert "list the notifications of one user" in findings.problems[0]


@pytest.mark.parametrize("text", ["", " ", "x" * (MAX_ADDRESS + 1), "ä" * 200, "a/b?c#d", "\0"])
def test_a_text_that_nothing_is_called_finds_nothing(world: World, text: str) -> None:
    stored(world)

    assert find(world.ports, text, 10) == Findings([], [], has_more=False)
