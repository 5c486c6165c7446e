"""The overview, the targets and the audit log."""

from datetime import timedelta

from notification_core.domain.console_sessions import Role
from tests.builders import NOON, World, a_pause
from tests.console_world import ConsoleWorld, text_of
from tests.usecases.steps import stored


def test_the_overview_shows_the_backlog_and_what_to_do_about_a_pause(
    site: ConsoleWorld, world: World
) -> None:
    stored(world, scheduled_delivery=NOON - timedelta(minutes=3))
    world.modules.pause("pigeon", a_pause())

    text = text_of(site.person(Role.OPERATOR).get())

    assert "pigeon is paused" in text
    assert "because the provider rejects our requests: authenticate" in text
    assert "a successful probe resumes the target" in text
    assert "pigeon Pigeon paused 1 2026-03-01 11:57:00 UTC" in text


def test_a_target_is_paused_and_resumed(site: ConsoleWorld, world: World) -> None:
    browser = site.person(Role.OPERATOR)
    path = f"/targets/{world.target.id}"

    browser.post(f"{path}/pause", reason="maintenance")
    assert "by ada@example.com in the console: maintenance" in text_of(browser.get("/targets"))
    assert "by ada@example.com in the console: maintenance" in text_of(browser.get())
    browser.post(f"{path}/resume", reason="over")

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is None
    assert [(e.action, e.subject, e.reason) for e in site.audit] == [
        ("pause", "target Pigeon", "maintenance"),
        ("resume", "target Pigeon", "over"),
    ]


def test_the_audit_log_says_who_what_when_and_why(site: ConsoleWorld, world: World) -> None:
    browser = site.person(Role.OPERATOR)
    browser.post(f"/targets/{world.target.id}/pause", reason="maintenance")

    text = text_of(browser.get("/audit"))

    assert "2026-03-01 12:00:00 UTC ada@example.com pause target Pigeon maintenance paused" in text
