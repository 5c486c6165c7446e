"""Everything about a user as a file, for administrators, with an entry in the audit log."""

import json
from datetime import timedelta

import pytest

from notification_content.locales import canonical
from notification_content.sms_segments import segments
from notification_core.domain.addresses import Deactivation
from notification_core.domain.audit import AuditEntry
from notification_core.domain.console_sessions import Role
from notification_core.domain.content import Content
from notification_core.domain.errors import Unavailable
from notification_core.domain.template_use import LocaleChoice, TemplateUse
from notification_core.domain.templates import TemplateRef
from notification_core.domain.user_settings import UserSettings
from notification_core.entrypoints.console.pages import user_export
from notification_core.entrypoints.http_api.routes.users import ExportResponse
from notification_core.usecases.privacy.export import export
from tests.builders import NOON, World, an_opt_out
from tests.console_world import ConsoleWorld, failed
from tests.usecases.steps import claimed, stored


def test_the_file_is_what_the_api_exports(site: ConsoleWorld, world: World) -> None:
    world.add_record(
        target_user_id="456",
        active=False,
        deactivation=Deactivation("gone", "410", NOON),
        strikes=2,
    )
    world.opt_outs.put(an_opt_out("category:news", f"target:{world.target.id}"))
    world.user_settings.put(UserSettings(user="eggs", locale=canonical("de-at"), time_zone=None))
    failed(world, user="eggs", reference="order \u2028 4711")
    sending = claimed(world, stored(world, category="billing"))
    world.notifications.stored[sending.id] = sending.delivered(NOON, "SM1")
    stored(world, sms=segments("Grüße"), content=Content(title="", body="x", extra={"a": [1]}))
    stored(world, content=Content(title="", body="", lost=True), deliver_before=NOON)
    use = TemplateUse(ref=TemplateRef("t", 1), choice=LocaleChoice("en"), data={"n": 1.5})
    stored(world, content=Content(title="", body="", template=use))
    stored(world, user="somebody else")

    page = site.person(Role.ADMIN).post("/user/export", id="eggs", reason="she asked")

    exported = export(world.ports, "eggs", 100, None)
    answer = ExportResponse.of_export(exported, exported.notifications)
    assert len(exported.notifications.items) == 5
    assert json.loads(page.body) == answer.model_dump(mode="json", by_alias=True)


def test_the_file_is_downloaded_and_not_cached(site: ConsoleWorld, world: World) -> None:
    stored(world)

    page = site.person(Role.ADMIN).post("/user/export", id="eggs", reason="she asked")

    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Type"] == "application/json; charset=utf-8"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Content-Disposition"] == (
        'attachment; filename="user-export-2026-03-01.json"'
    )


def test_an_export_has_an_entry_in_the_audit_log(site: ConsoleWorld, world: World) -> None:
    stored(world)

    site.person(Role.ADMIN).post("/user/export", id="eggs", reason="she asked")

    [entry] = site.audit
    assert (entry.action, entry.subject, entry.reason, entry.outcome) == (
        "export",
        "user eggs",
        "she asked",
        "exported with 1 notifications",
    )


def test_nothing_is_exported_without_an_entry(
    site: ConsoleWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(entry: AuditEntry) -> None:
        raise Unavailable(entry.id)

    stored(world)
    browser = site.person(Role.ADMIN)
    monkeypatch.setattr(site.ports.audit_log, "put", unavailable)

    page = browser.post("/user/export", id="eggs", reason="she asked")

    assert page.status == 503
    assert "lorem ipsum" not in page.body


def test_an_export_needs_a_reason(site: ConsoleWorld, world: World) -> None:
    stored(world)

    page = site.person(Role.ADMIN).post("/user/export", id="eggs", reason=" ")

    assert (page.status, site.audit) == (422, [])
    assert "lorem ipsum" not in page.body


def test_the_user_may_be_named_by_a_notification(site: ConsoleWorld, world: World) -> None:
    waiting = stored(world)

    page = site.person(Role.ADMIN).post("/user/export", of=waiting.id, reason="she asked")

    assert json.loads(page.body)["user"] == "eggs"


def test_all_pages_are_in_the_file(
    site: ConsoleWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_export, "PAGE", 2)
    ids = [stored(world, created_at=NOON - timedelta(minutes=n)).id for n in range(5)]

    page = site.person(Role.ADMIN).post("/user/export", id="eggs", reason="she asked")

    document = json.loads(page.body)
    assert [notification["id"] for notification in document["notifications"]] == ids
    assert [record["id"] for record in document["records"]] == [world.record.id]
    assert document["next"] is None


def test_more_than_fits_is_refused_and_never_cut(site: ConsoleWorld, world: World) -> None:
    for _ in range(60):
        stored(world, content=Content(title="t", body="ü" * 20_000))

    page = site.person(Role.ADMIN).post("/user/export", id="eggs", reason="she asked")

    assert page.status == 422
    assert "nothing was exported" in page.body
    assert "notify export" in page.body
    assert [entry.outcome[:9] for entry in site.audit] == ["refused: "]


def test_what_takes_too_long_is_refused(
    site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_export, "MAX_TIME", timedelta(seconds=-1))

    page = site.person(Role.ADMIN).post("/user/export", id="eggs", reason="she asked")

    assert page.status == 422


def test_only_an_administrator_is_offered_the_file(site: ConsoleWorld, world: World) -> None:
    stored(world)
    form = 'action="/v1/console/user/export"'

    assert form in site.person(Role.ADMIN).get("/user", id="eggs").body
    assert form not in site.person(Role.OPERATOR).get("/user", id="eggs").body
    page = site.person(Role.OPERATOR).post("/user/export", id="eggs", reason="she asked")
    assert (page.status, site.audit) == (403, [])


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_forged_form_exports_nothing(site: ConsoleWorld, world: World, token: str) -> None:
    stored(world)

    page = site.person(Role.ADMIN).post("/user/export", token, id="eggs", reason="she asked")

    assert (page.status, site.audit) == (403, [])
    assert "lorem ipsum" not in page.body
