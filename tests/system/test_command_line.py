"""`notify` on the deployed stack: every command once, as an operator and nothing more."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.layout import PROJECT
from tests.cli.conftest import notify
from tests.system.conftest import Run, System, wait_for

pytestmark = pytest.mark.stack


def test_a_notification_is_sent_listed_shown_and_explained(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    system.register(user, "Expo", f"ExponentPushToken[{user}]")

    [sent] = ask("send", user, "Your table", "It is ready.", "--target", "Email")["items"]
    system.ended(sent)

    assert sent["id"] in run("list", "--user", user).out
    listed = ask("list", "--user", user, "--status", "delivered")["items"]
    assert [each["id"] for each in listed] == [sent["id"]]
    shown = run("show", sent["id"]).out
    assert "DELIVERED" in shown
    assert "It is ready." in shown
    assert ask("show", sent["id"])["timeline"][-1]["event"] == "delivered"
    assert "has not opted out" in run("explain", sent["id"]).out
    assert ask("explain", sent["id"])["status"] == "DELIVERED"
    [mail] = system.inbox(f"{user}@example.com")
    assert mail["title"] == "Your table"


def test_a_waiting_notification_is_cancelled_and_a_late_cancel_is_refused(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    record = system.register(user, "Email", f"{user}@example.com")
    at = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
    words = ["send", user, "Later", "-", "--record", record, "--at", at, "--category", "news"]
    words += ["--extra", '{"reply_to": "a@b.example"}', "--idempotency-key", user]

    sent = json.loads(run(*words, "--json", stdin="Not yet.\n").out)["items"][0]
    again = run(*words, stdin="Not yet.\n").out

    due = datetime.fromisoformat(sent["scheduled_delivery"]) - datetime.now(UTC)
    assert timedelta(minutes=18) < due < timedelta(minutes=21)
    assert (sent["body"], sent["category"]) == ("Not yet.\n", "news")
    assert "used before" in again
    assert sent["id"] in again
    assert "will not be sent" in run("cancel", sent["id"]).out
    assert ask("cancel", sent["id"], code=1)["result"] == "already_final"


def test_a_waiting_notification_is_moved_and_a_late_change_is_refused(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    record = system.register(user, "Email", f"{user}@example.com")
    at = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
    words = ["send", user, "Your table", "-", "--record", record, "--at", at]
    sent = json.loads(run(*words, "--json", stdin="It is ready.\n").out)["items"][0]

    assert "Rescheduled: it is due at" in run("reschedule", sent["id"], "3h").out
    edited = system.api("PATCH", f"/notifications/{sent['id']}", {"body": "It is nearly ready."})
    assert (edited.status, edited.body["result"]) == (200, "changed")
    assert ask("reschedule", sent["id"], "now")["result"] == "changed"

    assert system.ended(sent)["status"] == "DELIVERED"
    [mail] = system.inbox(f"{user}@example.com")
    assert "It is nearly ready." in mail["body"]
    assert ask("reschedule", sent["id"], "2h", code=1)["result"] == "already_final"


def test_failed_notifications_are_listed_counted_and_tried_again(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    system.register(user, "Twilio", "+15970200077")  # refuses twice
    [asked] = system.notify(user=user, max_retries=1, retry_time_interval=1)
    ended = system.ended(asked)
    assert ended["status"] == "DELIVERY FAILURE"

    listed = ask("list", "--failed", "--target", "Twilio", "--limit", "100")["items"]
    assert asked["id"] in [each["id"] for each in listed]
    assert asked["id"] in run("list", "--failed", "--limit", "100").out
    counted = ask("redrive", asked["id"], "--dry-run")
    assert (counted["dry_run"], counted["counts"]) == (True, {"found": 1, "redriven": 1})
    said = run("redrive", asked["id"], stdin="n\n", code=1)
    assert "Nothing was done" in said.err
    assert system.read(asked)["status"] == "DELIVERY FAILURE"
    since = ("--since", "1h", "--code", ended["last_error"]["code"], "--target", "Twilio")
    assert "would be retried" in run("redrive", *since, "--dry-run").out

    done = run("redrive", asked["id"], "--max-retries", "3", "--rate", "5", stdin="y\n")

    assert "1  retried" in done.out
    assert system.ended(asked)["status"] == "DELIVERED"
    assert len(system.inbox("+15970200077")) == 1


def test_consent_is_taken_and_shown(user: str, run: Run, ask: Callable[..., Any]) -> None:
    part = ("--target", "Twilio", "--category", "marketing")

    assert "Twilio, the category marketing" in " ".join(run("opt-out", user, *part).out.split())
    assert "source" in run("opt-out", user, "--show").out.lower()
    assert ask("opt-out", user, "--show")["categories"] == ["marketing"]
    assert "everything" in run("opt-out", user).out
    assert ask("opt-out", user, "--end")["active"] is False
    unknown = run("opt-out", f"nobody-{user}", "--show", code=1).err
    assert f"No user 'nobody-{user}' is known" in " ".join(unknown.split())


def test_addresses_are_added_switched_and_removed(
    user: str, run: Run, ask: Callable[..., Any]
) -> None:
    added = ask("records", "add", user, "Email", f"{user}@example.com", "--description", "home")

    assert f"{user}@example.com" in run("records", user).out
    assert "off" in run("records", "off", added["id"]).out
    assert ask("records", "on", added["id"])["active"] is True
    assert [item["id"] for item in ask("records", "list", user)["items"]] == [added["id"]]
    assert added["id"] in run("records", "remove", added["id"]).out
    assert f"No user '{user}' is known" in " ".join(run("records", user, code=1).err.split())
    wrong = run("records", "add", user, "Email", "nonsense", code=1)
    assert "target_user_id: must be an e-mail address" in wrong.err


def test_a_target_is_shown_paused_and_resumed(run: Run, ask: Callable[..., Any]) -> None:
    run("pause", "Expo", "--reason", "a storm")
    try:
        told = run("targets").out
        found = {item["name"]: item for item in ask("targets")["items"]}
        complaint = run("doctor", code=1).out
    finally:
        resumed = run("resume", "expo").out

    assert "a storm" in told
    assert (found["Expo"]["state"], found["Email"]["state"]) == ("paused", "active")
    assert found["Email"]["backlog"]["module"] == "email"
    assert "Expo is paused by a person: a storm" in complaint
    assert "notify resume Expo" in complaint
    assert "active" in resumed
    assert "The targets are: " in run("pause", "nonsense", code=1).err


def test_a_person_is_exported_and_not_erased_without_confirmation(
    system: System, user: str, run: Run, ask: Callable[..., Any]
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    [sent] = system.notify(user=user, title="Hello")
    system.ended(sent)

    whole = ask("export", user)
    shown = run("export", user).out
    kept = run("erase", user, stdin="n\n", code=1)

    assert [notification["id"] for notification in whole["notifications"]] == [sent["id"]]
    assert [record["target_user_id"] for record in whole["records"]] == [f"{user}@example.com"]
    assert f"{user}@example.com" in shown
    assert "Nothing was done" in kept.err
    assert ask("export", user) == whole


def test_a_missing_permission_is_reported_with_the_policy_to_attach(
    system: System, tmp_path: Path
) -> None:
    said = {k: v for k, v in system.access.items() if not k.startswith("operator_")}
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(said))

    ran = notify("doctor", "--local", str(path))

    assert ran.code == 1
    assert "do not allow" in ran.err
    assert "OperatorPolicyArn" in ran.err
    assert notify("targets", "--local", str(path)).code == 0


def test_a_wrong_key_is_reported_as_such(system: System, tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(system.access | {"operator_secret_access_key": "wrong"}))

    ran = notify("targets", "--local", str(path))

    assert (ran.code, ran.out) == (1, "")
    assert "does not accept your credentials" in ran.err


def test_a_stack_is_reached_by_its_name_with_temporary_credentials(system: System) -> None:
    key = {
        name: system.access[f"operator_{name}"] for name in ("access_key_id", "secret_access_key")
    }
    key = {f"aws_{name}": value for name, value in key.items()}
    made = system.client("sts", key).get_session_token()["Credentials"]
    environment = {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
        "AWS_ENDPOINT_URL": system.access["endpoint_url"],
    }
    where = ["--stack", "notifications", "--region", "us-east-1"]
    where += ["--api-url", system.access["api_url"]]

    told = notify("targets", *where, "--json", **environment)
    before = notify(*where, "doctor", **environment)
    broken = notify("targets", *where, **environment | {"AWS_SESSION_TOKEN": "nonsense"})

    assert [item["name"] for item in json.loads(told.out)["items"]] == ["Email", "Expo", "Twilio"]
    assert "could not run" not in before.out.lower()
    assert before.err == ""
    assert (broken.code, broken.out) == (1, "")
    assert "does not accept your credentials" in broken.err


@contextmanager
def tailing(system: System, *words: str) -> Iterator[Callable[[], str]]:
    """Run `notify tail`; yields what gives all that it has said so far. Ctrl-C ends it."""
    log = system.stack.layout.root / "tail.log"
    # What runs in the background ignores Ctrl-C, and its children do; this one hears it.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from notification_system.cli.app import main; main()"
    command = [sys.executable, "-P", "-c", program, "tail", *words]
    command += ["--local", str(system.stack.layout.stack)]
    environment = {
        "PYTHONPATH": str(PROJECT / "clients/python"),
        "COLUMNS": "80",
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("w") as out, subprocess.Popen(command, stdout=out, env=environment) as process:
        try:
            yield log.read_text
        finally:
            process.send_signal(signal.SIGINT)
            try:
                assert process.wait(timeout=20) == 0
            finally:
                process.kill()


def test_each_event_is_shown_once_on_a_line_of_its_own(system: System, user: str) -> None:
    system.register(user, "Twilio", "+15005550009")
    with tailing(system, "--since", "1m", "--json") as told:
        [asked] = system.notify(user=user)
        system.tick()
        wait_for(lambda: told().count(asked["id"]) > 1 and '"tick"' in told())
        seen = told()
        time.sleep(3)  # three more looks, at all of it
        assert told().startswith(seen)
        lines = [json.loads(line) for line in told().splitlines()]

    said = [line for line in lines if asked["id"] in json.dumps(line)]
    assert [each["message"] for each in said] == ["accepted", "batch"]
    [attempt] = [each for each in said[1]["attempts"] if each["notification"] == asked["id"]]
    assert (attempt["status"], attempt["code"]) == ("INACTIVE DEVICE", "21614")


def test_the_attempts_of_one_target_are_shown_as_text(system: System, user: str) -> None:
    system.register(user, "Expo", f"ExponentPushToken[{user}]")
    system.register(user, "Email", f"{user}@example.com")
    with tailing(system, "--target", "Expo", "--since", "1m") as told:
        sent = {each["target"]: each["id"] for each in system.notify(user=user)}
        expo = sent.pop(system.target("Expo")["id"])
        wait_for(lambda: expo in told())

    [line] = [each for each in told().splitlines() if expo in each]
    assert line.split()[1:] == ["expo", "SENT", expo, "#1"]
    assert all(each not in told() for each in sent.values())
    assert all(len(each) <= 80 for each in told().splitlines())
