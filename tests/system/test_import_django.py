"""The import of a real database of django-notification-system into the deployed stack.

It needs the environment `compare`, which `make ancestor` installs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ancestor.database import PYTHON, Ancestor
from tests.cli.conftest import Ran
from tests.system.conftest import Run, System, wait_for

pytestmark = pytest.mark.skipif(
    not PYTHON.exists() and not os.environ.get("REQUIRE_ANCESTOR"),
    reason="NO ANCESTOR: run make ancestor, which installs django-notification-system",
)

#: Users of the database, of whom each tenth has opted out.
USERS = int(os.environ.get("ANCESTOR_USERS", "530"))


@pytest.fixture(scope="module")
def ancestor(tmp_path_factory: pytest.TempPathFactory) -> Ancestor:
    """A database without rows."""
    return Ancestor(tmp_path_factory.mktemp("ancestor"))


@pytest.fixture(scope="module")
def expected(ancestor: Ancestor) -> dict[str, dict[str, int]]:
    """The counts that the import of the filled database should have."""
    counts = ancestor.fill(USERS)
    assert sum(sum(of_model.values()) for of_model in counts.values()) >= 2000 or USERS < 530
    return counts


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def counts_of(ran: Ran) -> dict[str, dict[str, int]]:
    """Return the counts that the command has printed, without those that are zero."""
    assert ran.code == 0, ran.err
    counts: dict[str, dict[str, int]] = json.loads(ran.out)["counts"]
    for of_model in counts.values():
        results = {name: count for name, count in of_model.items() if name != "read"}
        assert of_model["read"] == sum(results.values())
    return {
        model: {name: count for name, count in of_model.items() if count and name != "read"}
        for model, of_model in counts.items()
    }


def imported(
    run: Run, ancestor: Ancestor, report: Path, *options: str
) -> dict[str, dict[str, int]]:
    """Import the dump with history, and return the counts."""
    words = ("import", "django", str(ancestor.dump), "--history", "--report", str(report), "--json")
    return counts_of(run(*words, *options))


def test_the_counts_are_those_of_the_database_and_a_second_run_changes_nothing(
    system: System,
    run: Run,
    ancestor: Ancestor,
    expected: dict[str, dict[str, int]],
    report: Path,
) -> None:
    dry = imported(run, ancestor, report, "--dry-run")
    assert dry["targetuserrecord"] == expected["targetuserrecord"]
    assert dry["notificationoptout"] == expected["notificationoptout"]
    assert not report.exists()

    assert imported(run, ancestor, report) == {
        model: {name: count for name, count in of_model.items() if count}
        for model, of_model in expected.items()
    }
    stored = _stored(system)

    again = imported(run, ancestor, report)
    assert again["notification"]["unchanged"] == expected["notification"]["imported"]
    assert again["targetuserrecord"]["unchanged"] == expected["targetuserrecord"]["imported"]
    assert _stored(system) == stored
    _check_the_state(system, ancestor)

    ran = run("import", "django", "--undo", str(report), "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["changed_since"] == 0
    left = _stored(system)
    assert not [item for item in left if item[0] != "opt_out"]
    assert all(not active for _, _, active in left)


def test_an_import_that_is_killed_continues_where_it_was(
    system: System,
    run: Run,
    ancestor: Ancestor,
    expected: dict[str, dict[str, int]],
    report: Path,
) -> None:
    words = ["import", "django", str(ancestor.dump), "--history", "--report", str(report)]
    killed = subprocess.Popen(
        [sys.executable, "-m", "notification_system.cli", *words],
        env=os.environ | {"NOTIFY_LOCAL": str(system.stack.layout.stack)},
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: bool(_scanned(system, "RecordsTable", "'s Email")))
    killed.kill()
    killed.wait()

    counts = imported(run, ancestor, report)

    for model in ("targetuserrecord", "notificationoptout", "notification"):
        of_model, wanted = counts[model], expected[model]
        done = of_model.get("imported", 0) + of_model.get("unchanged", 0)
        assert done == wanted["imported"]
        assert of_model.get("invalid", 0) == wanted.get("invalid", 0)
    assert counts["notificationoptout"]["unchanged"] == expected["notificationoptout"]["imported"]


def _check_the_state(system: System, ancestor: Ancestor) -> None:
    """A user who had opted out is refused, and invalid addresses are in the report."""
    rows: list[dict[str, Any]] = json.loads(ancestor.dump.read_text())
    opted_out = next(
        str(row["fields"]["user"])
        for row in rows
        if row["model"].endswith("notificationoptout") and row["fields"]["active"]
    )
    answer = system.api("POST", "/notifications", {"user": opted_out, "title": "x", "body": "y"})
    assert (answer.status, answer.body["type"].rpartition(":")[2]) == (409, "opted-out")
    entries = system.api("GET", f"/opt-outs/{opted_out}").body["entries"]
    assert [entry["source"] for entry in entries] == ["import"]
    assert entries[0]["at"] < "2026-11"


def _stored(system: System) -> list[tuple[str, str, Any]]:
    """Return what the deployment has of imported entities, in order."""
    return sorted(_items(system), key=str)


def _items(system: System) -> Iterator[tuple[str, str, Any]]:
    for item in _scanned(system, "NotificationsTable", "django-notification-system"):
        yield "notification", item["id"]["S"], item["status"]["S"]
    for item in _scanned(system, "OptOutsTable", "django-notification-system"):
        user = item["user"]["S"]
        yield "opt_out", user, system.api("GET", f"/opt-outs/{user}").body["active"]
    for item in _scanned(system, "RecordsTable", "'s Email"):
        yield "record", item["id"]["S"], item["active"]


def _scanned(system: System, table: str, text: str) -> list[dict[str, Any]]:
    """Return the items of a table that contain a text."""
    pages = system.client("dynamodb").get_paginator("scan")
    listed = pages.paginate(TableName=system.access["outputs"][table])
    return [item for page in listed for item in page["Items"] if text in str(item)]
