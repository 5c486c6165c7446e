"""`notify` on the deployed stack: searching, sending a file, and rejected credentials."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Run, System, wait_for
from tests.system.test_command_line_doctor import is_well, typed, wrong

pytestmark = pytest.mark.stack


def test_notifications_are_found_by_user_id_and_time(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    words = ("send", user, "Your table", "It is ready.", "--target", "email")

    sent = run(*words, "--at", "2027-01-31T20:00", "--utc")
    [waiting] = ask("find", "--user", user)["items"]
    shown = run("find", waiting["id"], "--since", "2027-01-31", "--target", "EMAIL", "--utc")

    assert "scheduled for Sun 31 Jan 2027 20:00 UTC" in sent.out
    assert waiting["scheduled_delivery"].startswith("2027-01-31T20:00:00")
    assert f"{user}@example.com" in shown.out
    assert f"notify explain {waiting['id']}" in " ".join(shown.out.replace("\\", "").split())
    assert ask("find", "--user", user, "--until", "now", code=1)["items"] == []
    assert run("find", f"nobody-{user}", code=1).out == ""


def test_a_file_is_sent_row_by_row_and_not_twice(
    system: System, user: str, run: Run, ask: Callable[..., Any], tmp_path: Path
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    path, report = tmp_path / "people.csv", tmp_path / "report.csv"
    path.write_text(f"user,number\n{user},1\nnobody-{user},2\n{user},3\n")
    texts = ("--title", "Order {number}", "--body", "It is ready.")
    words = ("send", "--csv", str(path), *texts, "--report", str(report))

    assert "3  rows valid" in run(*words, "--dry-run").out
    first = run(*words, code=1).out
    second = run(*words, code=1).out

    assert "2  rows created" in first
    assert "row 3: " in first
    assert "2  rows created by an earlier request" in second
    assert report.read_text().count("repeated") == 2
    titles = [item["title"] for item in ask("list", "--user", user)["items"]]
    assert sorted(titles) == ["Order 1", "Order 3"]


def test_rejected_credentials_are_found_and_the_remedy_ends_the_pause(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    system.register(user, "Twilio", "+15551230078")
    kept = system.secret("twilio")
    system.simulator("PUT", "/twilio/account", {"auth_token": "another-token"})
    [waiting] = system.notify(user=user)
    wait_for(lambda: system.target("Twilio")["state"] == "paused")

    [secret] = wrong(ask("doctor", code=1), "secrets")
    listed = run("targets").out
    words = secret["remedy"].rpartition("--secret-string ")
    fixed = kept | {"auth_token": "another-token"}
    typed(system, f"{words[0]}{words[1]}{shlex.quote(json.dumps(fixed))}")
    well = is_well(system, "secrets")
    resumed = run("resume", "twilio").out
    with system.later(minutes=2):
        system.tick()
        assert system.ended(waiting)["status"] == "DELIVERED"

    assert well
    assert "is active" in resumed
    assert "the provider rejects these credentials (20003: Twilio does not" in secret["message"]
    assert "put-secret-value --secret-id notifications/twilio" in secret["remedy"]
    assert "secretsmanager put-secret-value" in " ".join(listed.replace("\\", "").split())
