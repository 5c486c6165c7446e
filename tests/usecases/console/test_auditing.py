"""Nothing is changed or shown without an entry in the audit log."""

from datetime import timedelta

import pytest

from notification_core.adapters.memory.console import MemoryAuditLog
from notification_core.domain.audit import KEPT, MAX_REASON, AuditAction, AuditEntry
from notification_core.domain.console_sessions import Role, Session
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.ports.console import ConsolePorts
from notification_core.usecases.console.auditing import FAILED, audited, list_entries, unmask
from notification_core.usecases.console.sessions import close_session
from tests.builders import World
from tests.console_world import console_ports, opened


@pytest.fixture
def console(world: World) -> ConsolePorts:
    """The ports of the console."""
    return console_ports(world)


@pytest.fixture
def session(console: ConsolePorts) -> Session:
    """The session of an administrator."""
    return opened(console, Role.ADMIN).session


def entries(console: ConsolePorts) -> list[AuditEntry]:
    """The whole log."""
    assert isinstance(console.audit_log, MemoryAuditLog)
    return list(console.audit_log.stored.values())


def test_an_entry_is_there_before_the_change_and_has_its_outcome_after(
    console: ConsolePorts, session: Session, world: World
) -> None:
    with audited(console, session, AuditAction.CANCEL, "notification 1", " why ") as change:
        [before] = entries(console)
        world.watch.forward(seconds=3)
        change.outcome, change.job = "too_late", "job"
    [after] = entries(console)

    assert (before.who, before.username) == ("ada@example.com", "ada")
    assert (before.action, before.subject, before.reason) == ("cancel", "notification 1", "why")
    assert (before.outcome, before.job) == ("", None)
    assert (after.outcome, after.job) == ("too_late", "job")
    assert (after.id, after.at) == (before.id, before.at)


def test_a_refused_change_says_why(console: ConsolePorts, session: Session) -> None:
    with (
        pytest.raises(NotFound),
        audited(console, session, AuditAction.CANCEL, "notification 1", ""),
    ):
        raise NotFound("there is none")

    assert [entry.outcome for entry in entries(console)] == ["refused: there is none"]


def test_an_unexpected_error_leaves_an_entry_without_its_text(
    console: ConsolePorts, session: Session
) -> None:
    with (
        pytest.raises(RuntimeError),
        audited(console, session, AuditAction.CANCEL, "notification 1", ""),
    ):
        raise RuntimeError("ann@example.com")

    assert [entry.outcome for entry in entries(console)] == [FAILED]


def test_nothing_is_done_if_the_entry_cannot_be_stored(
    console: ConsolePorts, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(entry: AuditEntry) -> None:
        raise ConnectionError(entry.id)

    monkeypatch.setattr(console.audit_log, "put", unavailable)
    with (
        pytest.raises(ConnectionError),
        audited(console, session, AuditAction.CANCEL, "notification 1", ""),
    ):
        pytest.fail("the change was made")


def test_a_reason_that_is_too_long_changes_nothing(console: ConsolePorts, session: Session) -> None:
    with (
        pytest.raises(InvalidInput),
        audited(console, session, AuditAction.CANCEL, "notification 1", "x" * (MAX_REASON + 1)),
    ):
        pytest.fail("the change was made")
    assert entries(console) == []


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_nothing_is_shown_without_a_reason(
    console: ConsolePorts, session: Session, reason: str
) -> None:
    with pytest.raises(InvalidInput):
        unmask(console, session, "notification 1", reason)

    assert entries(console) == []
    assert console.sessions.get(session.id_hash) == session


def test_what_is_shown_is_logged_first(console: ConsolePorts, session: Session) -> None:
    unmasked = unmask(console, session, "notification 1", "she asked")

    assert unmasked.unmasks("notification 1", console.clock())
    assert console.sessions.get(session.id_hash) == unmasked
    assert [(e.action, e.subject, e.reason, e.outcome) for e in entries(console)] == [
        ("unmask", "notification 1", "she asked", "shown")
    ]


def test_a_session_that_has_ended_shows_nothing(console: ConsolePorts, session: Session) -> None:
    close_session(console, session)

    with pytest.raises(InvalidInput):
        unmask(console, session, "notification 1", "she asked")
    assert console.sessions.get(session.id_hash) is None


def test_the_log_is_listed_newest_first_over_months_by_pages(
    console: ConsolePorts, session: Session, world: World
) -> None:
    for number in range(30):
        with audited(console, session, AuditAction.CANCEL, f"notification {number}", ""):
            pass
        world.watch.forward(days=4)

    subjects, before = list[str](), None
    while True:
        page = list_entries(console, 7, before)
        subjects += [entry.subject for entry in page.items]
        before = page.next
        if before is None:
            break

    assert subjects == [f"notification {number}" for number in reversed(range(30))]


def test_a_page_that_ends_with_the_log_has_no_next(console: ConsolePorts, session: Session) -> None:
    for number in range(7):
        with audited(console, session, AuditAction.CANCEL, f"notification {number}", ""):
            pass

    page = list_entries(console, 7, None)

    assert (len(page.items), page.next) == (7, None)


def test_an_empty_log_is_searched_for_as_long_as_entries_are_kept(
    console: ConsolePorts, world: World
) -> None:
    asked = list[str]()
    assert isinstance(console.audit_log, MemoryAuditLog)
    listing = console.audit_log.list_month

    def counted(month: str, limit: int, before: str | None = None) -> list[AuditEntry]:
        asked.append(month)
        return list(listing(month, limit, before))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console.audit_log, "list_month", counted)
        assert list_entries(console, 7, None).items == []

    oldest = world.watch() - KEPT
    assert asked[-1] == f"{oldest:%Y-%m}"
    assert timedelta(days=365) < KEPT
    assert len(asked) <= 15


@pytest.mark.parametrize("token", ["", "x", "2026-3/1", "2026-aa/1", "20260-1/x", "../../x"])
def test_a_token_of_another_listing_is_refused(console: ConsolePorts, token: str) -> None:
    if token:
        with pytest.raises(InvalidInput):
            list_entries(console, 7, token)
    else:
        assert list_entries(console, 7, token).items == []


@pytest.mark.parametrize(
    "before", ["9999-12/x", "2026-04", "2026-13", "2026-00", "0000-01x", "\u0662026-01", "/", "x"]
)
def test_a_month_that_no_page_of_the_log_names_is_refused(
    console: ConsolePorts, before: str
) -> None:
    with pytest.raises(InvalidInput):  # the clock says March
        list_entries(console, 7, before)
