"""The import reads a database that the real django-notification-system has filled."""

import json
import os
import re
import sqlite3
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from notification_system.imports.report import RESULTS
from tests.ancestor.database import PYTHON, Ancestor

pytestmark = pytest.mark.skipif(
    not PYTHON.exists() and not os.environ.get("REQUIRE_ANCESTOR"),
    reason="NO ANCESTOR: run make ancestor, which installs django-notification-system",
)


@pytest.fixture(scope="module")
def ancestor(tmp_path_factory: pytest.TempPathFactory) -> Ancestor:
    return Ancestor(tmp_path_factory.mktemp("ancestor"))


@pytest.fixture(scope="module")
def expected(ancestor: Ancestor) -> dict[str, dict[str, int]]:
    """The counts that the import of the filled database should have."""
    return ancestor.fill(60)


@pytest.fixture
def report(
    ancestor: Ancestor, expected: dict[str, dict[str, int]], tmp_path: Path, tables: None
) -> Any:
    """The file of a report, while the alias `old` is the filled database."""
    del tables, expected
    connection = connections["old"]
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(ancestor.folder / "ancestor.sqlite3")
    connection.connection = None
    yield tmp_path / "report.json"
    connection.connection.close()
    connection.connection = None
    connection.settings_dict["NAME"] = name


def run(report: Path, *options: str) -> str:
    out = StringIO()
    call_command(
        "import_django_notification_system",
        *("--database", "old", "--report", str(report), *options),
        stdout=out,
        stderr=StringIO(),
    )
    return out.getvalue()


def counts(report: Path) -> dict[str, dict[str, int]]:
    written: dict[str, dict[str, int]] = json.loads(report.read_text())["counts"]
    return {
        model: {result: of_model[result] for result in RESULTS if of_model[result]}
        for model, of_model in written.items()
    }


def test_the_counts_are_those_of_the_database_and_an_opted_out_user_is_refused(
    report: Path, expected: dict[str, dict[str, int]], api: Any
) -> None:
    dry = run(report, "--history", "--dry-run")
    assert "this was a dry run" in dry
    # Only what an `extra` may have depends on the target, which a dry run does not know.
    notifications = re.search(r"notification: .* (\d+) imported, .* (\d+) skipped", dry)
    assert notifications
    assert int(notifications[1]) - expected["notification"]["imported"] in range(20)
    assert int(notifications[2]) == expected["notification"]["skipped"]
    assert not report.exists()

    run(report, "--history")
    assert counts(report) == {
        model: {result: count for result, count in of_model.items() if count}
        for model, of_model in expected.items()
    }
    assert api.get_opt_out("2").everything

    run(report, "--history")
    again = counts(report)
    assert again["notification"]["unchanged"] == expected["notification"]["imported"]

    assert run(report, "--undo", str(report)).startswith("Undone: ")
    assert list(api.records("1")) == []


ENDED = (
    "(SELECT id FROM notification_system_notification WHERE status = 'DELIVERED' "
    "ORDER BY id LIMIT 1 OFFSET {})"
)
CORRUPTIONS = [
    f"UPDATE notification_system_notification SET {change} WHERE id = {ENDED.format(place)}"
    for place, change in enumerate(
        ("scheduled_delivery = 'soon'", "target_user_record_id = 'x'", "max_retries = 'many'")
    )
] + ["UPDATE notification_system_opt_out SET modified_date = 'soon' WHERE active"]


def test_corrupt_values_are_reported_and_lose_no_opt_out(
    report: Path, ancestor: Ancestor, api: Any
) -> None:
    database = ancestor.folder / "ancestor.sqlite3"
    whole = database.read_bytes()
    with sqlite3.connect(database) as connection:
        for statement in CORRUPTIONS:
            connection.execute(statement)
    connection.close()

    try:
        run(report, "--history")
    finally:
        database.write_bytes(whole)

    problems = json.loads(report.read_text())["problems"]
    fields = {problem["field"] for problem in problems if problem["model"] == "notification"}
    assert fields >= {"scheduled_delivery", "target_user_record", "max_retries"}
    assert api.get_opt_out("2").everything


def test_notifications_can_be_left_to_the_old_system(report: Path, api: Any) -> None:
    run(report, "--without-notifications")

    assert "notification" not in counts(report)
    assert [record.active for record in api.records("1")] == [True]
    assert list(api.notifications(user="1")) == []


def test_a_misspelt_target_is_not_added(report: Path, api: Any) -> None:
    run(report, "--target", "Email=Emial", "--without-notifications")

    problems = json.loads(report.read_text())["problems"]
    reasons = {problem["reason"] for problem in problems}
    assert "there is no target 'Emial', which --target names" in reasons
    assert {target.name for target in api.targets()} == {"Email", "Expo", "Twilio"}


def test_a_command_that_cannot_run_says_what_to_do(
    report: Path, configure: Callable[..., None], fail: Callable[[int], None]
) -> None:
    del configure
    with pytest.raises(CommandError, match="has no table notification_system_target"):
        call_command("import_django_notification_system")
    with pytest.raises(CommandError, match="is not the report of an import"):
        run(report, "--undo", "missing.json")
    with pytest.raises(CommandError, match="must be OLD=NEW"):
        run(report, "--target", "Pigeon")
    with pytest.raises(CommandError, match="cannot be written"):
        run(report.parent / "missing" / "report.json", "--without-notifications")
    fail(1)
    with pytest.raises(CommandError, match="Run the same command again"):
        run(report)
