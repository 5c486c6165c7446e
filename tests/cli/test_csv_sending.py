"""`notify send --csv` sends one notification for each row of a file, and none twice."""

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import pytest

from infra.local.layout import PROJECT
from notification_system.cli.csv_rows import Row, Template, to_rows
from notification_system.cli.errors import CliError
from tests.cli.conftest import Gateway, Ran
from tests.cli.test_output import TARGETS

PEOPLE = "user,first,place\nann,Ann,Oslo\nbob,Bob,Rome\nann,Ann,Oslo\n"
TEXTS = Template(title="Hello {first}", body="See you in {place}")

OPTED_OUT = {
    "type": "urn:notifications:problem:opted-out",
    "title": "opted out",
    "status": 409,
    "detail": "the user has opted out of notifications.",
}


def rows_of(folder: Path, text: str | bytes, template: Template = TEXTS) -> list[Row]:
    """Return the rows of a file with a content."""
    path = folder / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return to_rows(path, template, str.title)


def keys(rows: list[Row]) -> list[str]:
    """Return the idempotency keys of rows."""
    return [row.request["idempotency_key"] for row in rows]


def test_a_row_becomes_a_request_with_its_values_in_the_texts(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, PEOPLE)

    request = dict(rows[0].request)
    assert request.pop("idempotency_key").startswith("csv:")
    assert request == {"user": "ann", "title": "Hello Ann", "body": "See you in Oslo"}
    assert [row.number for row in rows] == [2, 3, 4]


def test_the_keys_are_those_of_the_rows_however_the_file_is_ordered(tmp_path: Path) -> None:
    ann, bob, again = keys(rows_of(tmp_path, PEOPLE))
    reordered = "user,first,place\nbob,Bob,Rome\nann,Ann,Oslo\nzoe,Zoe,Oslo\n"

    assert len({ann, bob, again}) == 3
    assert keys(rows_of(tmp_path, reordered))[:2] == [bob, ann]
    other_text = Template(title="Hello {first}", body="Good bye")
    assert not {ann, bob} & set(keys(rows_of(tmp_path, PEOPLE, other_text)))
    named = Template(title=TEXTS.title, body=TEXTS.body, key_prefix="week-49")
    assert keys(rows_of(tmp_path, PEOPLE, named))[0] == ann.replace("csv:", "week-49:")


def test_another_time_does_not_make_another_key(tmp_path: Path) -> None:
    later = Template(title=TEXTS.title, body=TEXTS.body, times={"scheduled_delivery": "later"})

    [row, *_] = rows_of(tmp_path, PEOPLE, later)

    assert row.request["scheduled_delivery"] == "later"
    assert row.request["idempotency_key"] == keys(rows_of(tmp_path, PEOPLE))[0]


def test_an_address_and_a_target_replace_the_user(tmp_path: Path) -> None:
    text = "user,address,target,title,body,reference\n,+1555,twilio,a,b,r-1\nann,a@b,email,a,b,\n"

    first, second = rows_of(tmp_path, text, Template())

    assert first.request["to"] == [{"target": "Twilio", "address": "+1555"}]
    assert first.request["reference"] == "r-1"
    assert second.request["to"] == [{"target": "Email", "address": "a@b", "user": "ann"}]
    assert not {"user", "reference"} & second.request.keys()


def test_values_are_escaped_in_html_and_nowhere_else(tmp_path: Path) -> None:
    text = "user,first\nann,Ann <b>\n"
    markup = Template(title="{first}", body="<p>{first} {{x}}</p>")
    plain = Template(title="{first}", body="{first} < 3")

    assert rows_of(tmp_path, text, markup)[0].request["body"] == "<p>Ann &lt;b&gt; {x}</p>"
    assert rows_of(tmp_path, text, markup)[0].request["title"] == "Ann <b>"
    assert rows_of(tmp_path, text, plain)[0].request["body"] == "Ann <b> < 3"


@pytest.mark.parametrize(
    "text",
    [
        PEOPLE.replace(",", ";"),
        PEOPLE.replace(",", "\t"),
        PEOPLE.replace("\n", "\r\n"),
        PEOPLE.encode("utf-8-sig"),
        PEOPLE.replace("Oslo", '"Oslo"') + "\n,,\n",
    ],
)
def test_files_of_spreadsheets_are_read(tmp_path: Path, text: str | bytes) -> None:
    assert keys(rows_of(tmp_path, text)) == keys(rows_of(tmp_path, PEOPLE))


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("ann,Ann", "it has 2 cells instead of 3"),
        (",Ann,Oslo", "user: it is empty, and there is no address"),
        ("ann,,Oslo", "title: it is empty"),
        ('ann,"A\nB",Oslo', "title: it must be one line of up to 256 characters"),
        (f"ann,{'a' * 257},Oslo", "title: it must be one line of up to 256 characters"),
        ("ann,Ann,", "body: it is empty"),
    ],
)
def test_the_error_of_a_row_is_named(tmp_path: Path, row: str, error: str) -> None:
    template = Template(title="{first}", body="{place}")

    rows = rows_of(tmp_path, f"user,first,place\n{row}\nbob,Bob,Rome\n", template)

    assert [found.error for found in rows] == [error, ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("user,first,place\n", "has no rows below the header"),
        ("name,first,place\nann,Ann,Oslo\n", "neither a column user nor a column address"),
        ("user,user,place\nann,Ann,Oslo\n", "has the column 'user' twice"),
        ("address,first,place\n+1,Ann,Oslo\n", "no column target"),
        ("user,place\nann,Oslo\n", "--title contains {first}"),
        ("user,first,place\nann,\xff".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_the_error_of_a_file_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(CliError) as refused:
        rows_of(tmp_path, text)

    assert message in refused.value.message


def test_without_texts_the_columns_are_required(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="has no column title"):
        rows_of(tmp_path, PEOPLE, Template())


def read_report(path: Path) -> list[dict[str, str]]:
    """Return the rows of a report."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Return a file of 250 rows; the user of row 4 has opted out."""
    path = tmp_path / "people.csv"
    lines = [f"{'out' if number == 4 else number},N{number}" for number in range(2, 252)]
    path.write_text("\n".join(["user,first", *lines]))
    return path


def api(gateway: Gateway, *, fail_after: int | None = None) -> dict[str, list[Any]]:
    """Answer as the API does: the first request with a key creates a notification."""
    stored: dict[str, list[Any]] = {}

    def respond(path: str, body: Any) -> tuple[int, Any]:
        if not path.startswith("/notifications/batch"):
            return 200, TARGETS
        if fail_after is not None and len(stored) >= fail_after:
            return 403, {"message": "The security token included in the request is expired"}
        return 200, {"items": [_answer(stored, item) for item in body["items"]]}

    gateway.respond = respond
    return stored


def test_a_row_that_was_created_at_another_time_names_the_remedy(
    gateway: Gateway, on_aws: Callable[..., Ran], people: Path
) -> None:
    mismatch = {"type": "urn:notifications:problem:idempotency-mismatch", "status": 409}
    problem = mismatch | {"title": "mismatch", "detail": "the key was used before"}
    people.write_text("user,first\nann,Ann\n")
    gateway.answers = [(200, {"items": [{"status": 409, "problem": problem}]})]

    ran = on_aws("send", "--csv", str(people), *WORDS, "--at", "2099-01-31T20:00Z")

    assert ran.code == 1
    error = "row 2: It was created before, at another time. To send once more, pass"
    assert error in " ".join(ran.out.split())


def _answer(stored: dict[str, list[Any]], item: dict[str, Any]) -> dict[str, Any]:
    if item["user"] == "out":
        return {"status": 409, "problem": OPTED_OUT}
    key = item["idempotency_key"]
    status = 200 if key in stored else 201
    notification = {
        "id": f"n-{item['user']}",
        "user": item["user"],
        "target": "t-1",
        "target_user_record": "r",
        "status": "SCHEDULED",
        "scheduled_delivery": "2026-11-24T10:00:00.000Z",
    }
    return {"status": status, "notifications": stored.setdefault(key, [notification])}


WORDS = ("--title", "Hello {first}", "--body", "Hi")


def test_each_row_is_sent_once_and_reported(
    gateway: Gateway, on_aws: Callable[..., Ran], people: Path
) -> None:
    stored, report = api(gateway), people.with_name("report.csv")
    words = ("send", "--csv", str(people), *WORDS, "--report", str(report))

    first = on_aws(*words)
    reported = read_report(report)
    second = on_aws(*words)

    assert (first.code, second.code, len(stored)) == (1, 1, 249)
    assert [line.split(maxsplit=1) for line in first.out.splitlines()[:2]] == [
        ["249", "rows created"],
        ["1", "row failed"],
    ]
    assert "row 4: The user has opted out of notifications." in first.out
    assert "249  rows created by an earlier request; nothing was sent twice" in second.out
    assert [line["row"] for line in reported] == [str(number) for number in range(2, 252)]
    assert reported[0] == {"row": "2", "status": "created", "notification_id": "n-2", "error": ""}
    assert reported[2]["status"] == "failed"
    assert {line["status"] for line in read_report(report)} == {"repeated", "failed"}


def test_an_interrupted_run_is_completed_by_the_same_command(
    gateway: Gateway, on_aws: Callable[..., Ran], people: Path
) -> None:
    api(gateway, fail_after=99)
    report = people.with_name("report.csv")
    words = ("send", "--csv", str(people), *WORDS, "--report", str(report))

    ran = on_aws(*words)
    statuses = [line["status"] for line in read_report(report)]
    stored = api(gateway)
    again = on_aws(*words, "--json")

    assert ran.code == 1
    error = " ".join(ran.err.split())
    assert "Your credentials have expired. 100 of 250 rows have a result" in error
    assert "Run the same command again" in error
    assert statuses == ["created"] * 2 + ["failed"] + ["created"] * 97 + ["not sent"] * 150
    assert len(stored) == 249
    assert len(json.loads(again.out)["items"]) == 250


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_with_an_invalid_row_or_a_dry_run_sends_nothing(
    gateway: Gateway, on_aws: Callable[..., Ran], people: Path, *, dry_run: bool
) -> None:
    api(gateway)
    if not dry_run:
        people.write_text(people.read_text() + "\n,Nobody")

    ran = on_aws("send", "--csv", str(people), *WORDS, *(["--dry-run"] if dry_run else []))

    assert ran.code == (0 if dry_run else 1)
    assert "250  rows valid" in ran.out
    assert ("row 252: user: it is empty" in ran.out) is not dry_run
    assert "Nothing was sent." in ran.out
    assert "Row 2, to 2:\nHello N2\nHi\n" in ran.out
    assert gateway.seen == []


def test_the_report_does_not_overwrite_the_file(
    gateway: Gateway, on_aws: Callable[..., Ran], people: Path
) -> None:
    before = people.read_text()

    ran = on_aws("send", "--csv", str(people), *WORDS, "--report", str(people))

    assert (ran.code, people.read_text(), gateway.seen) == (2, before, [])


def interrupted(gateway: Gateway, path: Path, begun: Event) -> tuple[int, str]:
    """Send a file, interrupt it once it has begun, and return the exit code and the errors."""
    # A process that a test starts in the background ignores Ctrl-C unless it is told otherwise.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from notification_system.cli.app import main; main()"
    where = ["--api-url", gateway.url, "--region", "eu-west-1"]
    key = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    environment = {**key, "PYTHONPATH": str(PROJECT / "clients/python"), "COLUMNS": "80"}
    command = [sys.executable, "-P", "-c", program, "send", "--csv", str(path), *WORDS, *where]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert begun.wait(60)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    return process.returncode, error


def test_after_ctrl_c_the_same_command_sends_the_rest(
    gateway: Gateway, on_aws: Callable[..., Ran], people: Path
) -> None:
    api(gateway)
    respond, batch_seen = gateway.respond, Event()

    def slow(path: str, body: Any) -> tuple[int, Any]:
        assert respond is not None
        answer = respond(path, body)
        batch_seen.set()
        sleep(0.5)
        return answer

    gateway.respond = slow
    code, error = interrupted(gateway, people, batch_seen)
    gateway.respond = respond
    again = on_aws("send", "--csv", str(people), *WORDS)

    assert code == 1
    assert "Interrupted after " in error
    assert "Run the same command again" in error
    assert "Traceback" not in error
    assert "created by an earlier request" in again.out
    created, repeated = (int(line.split()[0]) for line in again.out.splitlines()[:2])
    assert created + repeated == 249
