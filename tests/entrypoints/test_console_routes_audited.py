"""Each change of the console has exactly one entry in the audit log, which is stored first."""

from copy import deepcopy
from typing import Any

import pytest

from notification_core.domain.audit import AuditEntry
from notification_core.domain.console_sessions import Role
from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.modules import Pause, PausedBy
from notification_core.domain.status import Status
from notification_core.entrypoints.console.routes import ROUTES
from tests.builders import World, a_module, a_record, a_target
from tests.console_forms import UNCHANGING, Subjects, valid_forms
from tests.console_world import ConsoleWorld, Page, failed
from tests.usecases.steps import stored
from tests.usecases.templates import publish, text_world

TEAM = "4711"
CHANGES = [route.name for route in ROUTES if route.method == "POST"]

#: The parts of the stores that hold data.
DATA = ("stored", "stored_versions", "sent", "jobs", "kept", "polls")


@pytest.fixture
def world() -> World:
    """A world with something for each change."""
    deployment = DeploymentSettings(allow_list=(TEAM,))
    world = text_world(deployment=deployment)
    publish(world, published=False)
    world.modules.put(a_module(name="owl", target_name="Owl", deployment=deployment))
    world.modules.pause("owl", Pause(by=PausedBy.PERSON, reason="why", since=world.watch()))
    world.targets.add(a_target(id="owl", name="Owl", notification_module_name="owl"))
    return world


@pytest.fixture
def subjects(world: World) -> Subjects:
    """What the forms are about."""
    inactive = a_record(id="off", target=world.target.id, target_user_id="456", active=False)
    world.records.add(inactive)
    return Subjects(
        waiting=stored(world).id,
        failed=failed(world).id,
        target=world.target.id,
        paused="owl",
        user=world.record.user,
        inactive=inactive.id,
        code="30005",
        failed_target=world.target.id,
        template="order-ready",
        latest="1",
        deliver_before="2026-06-01T09:30",
        email=world.target.id,
        address=TEAM,
    )


def state_of(world: World) -> dict[str, Any]:
    """Return a copy of all that is stored."""
    return {
        f"{name}.{part}": deepcopy(getattr(store, part))
        for name, store in vars(world).items()
        for part in DATA
        if isinstance(getattr(store, part, None), dict | list)
    }


def send(site: ConsoleWorld, subjects: Subjects, name: str) -> Page:
    """Send the form of a route as an administrator."""
    path, fields = valid_forms(subjects)[name]
    return site.person(Role.ADMIN).post(path, **fields)


def test_there_is_a_form_for_each_change(subjects: Subjects) -> None:
    assert set(valid_forms(subjects)) == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_has_exactly_one_entry_with_its_result(
    site: ConsoleWorld, subjects: Subjects, name: str
) -> None:
    page = send(site, subjects, name)

    assert page.status in {200, 303}, page.body
    if name in UNCHANGING:
        assert site.audit == []
    else:
        [entry] = site.audit
        assert (entry.who, entry.username) == ("ada@example.com", "ada")
        assert entry.reason == "asked by the driver"
        assert entry.outcome
        assert not entry.outcome.startswith("refused")


@pytest.mark.parametrize("name", sorted(set(CHANGES) - UNCHANGING))
def test_without_an_entry_nothing_is_changed_or_shown(
    site: ConsoleWorld,
    world: World,
    subjects: Subjects,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unavailable(entry: AuditEntry) -> None:
        raise ConnectionError(entry.id)

    before = state_of(world)
    with monkeypatch.context() as patched:
        patched.setattr(site.ports.audit_log, "put", unavailable)
        page = send(site, subjects, name)

    assert (page.status, page.body) == (500, "Something failed on our side.")
    assert state_of(world) == before
    assert all(not session.unmasked_until for session in site.sessions)


@pytest.mark.parametrize("name", sorted(set(CHANGES) - UNCHANGING))
def test_a_change_whose_result_cannot_be_stored_is_not_reported_as_failed(
    site: ConsoleWorld, subjects: Subjects, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = site.ports.audit_log.put

    def put_first(entry: AuditEntry) -> None:
        if site.audit:
            raise ConnectionError(entry.id)
        put(entry)

    monkeypatch.setattr(site.ports.audit_log, "put", put_first)

    page = send(site, subjects, name)

    assert page.status in {200, 303}
    assert [entry.outcome for entry in site.audit] == [""]


def test_the_forms_change_what_they_are_about(
    site: ConsoleWorld, world: World, subjects: Subjects
) -> None:
    showing = UNCHANGING | {"unmask", "unmask_user", "export"}
    for name in valid_forms(subjects):
        before = state_of(world)
        send(site, subjects, name)
        assert (state_of(world) == before) is (name in showing), name
    assert world.notifications.stored[subjects.waiting].status is Status.CANCELLED
