"""Errors are reported as a sentence with a remedy, and by the exit code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.daemons import answers
from notification_system.version import __version__
from tests.cli.conftest import Gateway, Ran, notify, notify_in

#: The export of a user with an opt-out and nothing else, and that of an unknown user.
STORED: dict[str, Any] = {
    "records": [],
    "opt_out": {"active": True},
    "notifications": [],
    "next": None,
}
NOTHING = STORED | {"opt_out": None}

EMPTY: dict[str, Any] = {"items": [], "next": None}

PROBLEM = "urn:notifications:problem:"


def stack_file(folder: Path, **changes: Any) -> Path:
    """Write the file that `make up` writes, for a stack that is down."""
    access = {
        "api_url": "http://127.0.0.1:9/v1",
        "endpoint_url": "http://127.0.0.1:9",
        "region": "us-east-1",
        "stack_name": "notifications",
        "access_key_id": "AKIA",
        "secret_access_key": "secret",
        "outputs": {"LogGroup": "/aws/lambda/notifications"},
    }
    path = folder / "stack.json"
    path.write_text(json.dumps(access | changes))
    return path


def test_without_a_local_stack_the_command_to_start_one_is_named(tmp_path: Path) -> None:
    ran = notify_in(tmp_path, "targets")

    assert (ran.code, ran.out) == (1, "")
    assert "There is no local stack" in ran.err
    assert "make up" in ran.err
    assert "Traceback" not in ran.err


def test_a_wrong_path_of_a_local_stack_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wrong"

    ran = notify("targets", "--local", str(path))

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.replace("\n", "").startswith(f"Error: --local {path}: no such file.")
    assert "Run: make up" not in ran.err


def test_the_folder_of_a_local_stack_is_accepted(tmp_path: Path) -> None:
    stack_file(tmp_path)

    ran = notify("targets", "--local", str(tmp_path))

    assert "The local stack is down" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("targets",),
        ("list", "--user", "ann"),
        ("list", "--failed"),
        ("send", "ann", "Hi", "There"),
        ("doctor",),
        ("tail",),
        ("records", "ann"),
        ("redrive", "some-id", "--yes"),
    ],
)
def test_a_stack_that_is_down_is_reported(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert not answers("http://127.0.0.1:9")

    ran = notify(*words, "--local", str(stack_file(tmp_path)))

    assert (ran.code, ran.out) == (1, "")
    assert "Run: make up" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("status", "message", "problem", "remedy"),
    [
        (403, "The security token included in the request is expired", "expired", "Log in again"),
        (403, "The security token included in the request is invalid.", "not accept", "--profile"),
        (
            403,
            "User: arn:aws:iam::1:user/x is not authorized to perform: execute-api:Invoke",
            "not allowed to call",
            "execute-api:Invoke",
        ),
        (403, "Missing Authentication Token", "not accept", "--profile"),
        (429, "Too Many Requests", "too many", "Wait"),
        (502, "Internal server error", "502", "notify doctor"),
    ],
)
def test_an_error_of_the_gateway_is_explained(
    gateway: Gateway,
    on_aws: Callable[..., Ran],
    status: int,
    message: str,
    problem: str,
    remedy: str,
) -> None:
    gateway.answers = [(status, {"message": message})] * 3  # the client tries three times

    ran = on_aws("list", "--user", "ann")

    assert (ran.code, ran.out) == (1, "")
    assert problem in ran.err
    assert remedy in " ".join(ran.err.split())
    assert ran.widest <= 80


def test_a_problem_is_shown_field_by_field(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    fields = [
        {"field": "title", "message": "must be one line"},
        {"field": "deliver_before", "message": "must be after scheduled_delivery"},
    ]
    problem = {"type": f"{PROBLEM}invalid-input", "detail": "title: ...", "errors": fields}
    gateway.answers = [(422, problem)]

    ran = on_aws("send", "ann", "a\nb", "c")

    assert ran.code == 1
    assert ran.err.splitlines() == [
        "Error: title: must be one line.",
        "deliver_before: must be after scheduled_delivery.",
    ]


def test_a_problem_without_fields_is_shown_as_a_sentence(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    detail = "the user has opted out of notifications."
    gateway.answers = [(409, {"type": f"{PROBLEM}opted-out", "detail": detail})]

    ran = on_aws("send", "ann", "a", "b", "--json")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "Error: The user has opted out of notifications.\n"


def test_missing_credentials_are_reported() -> None:
    ran = notify("targets", "--api-url", "http://127.0.0.1:9/v1", "--region", "us-east-1")

    assert ran.code == 1
    assert "There are no AWS credentials" in ran.err


def test_a_missing_region_is_reported() -> None:
    ran = notify("targets", "--api-url", "http://127.0.0.1:9/v1")

    assert ran.code == 1
    assert "--region" in ran.err


@pytest.mark.parametrize(
    ("words", "variables", "region"),
    [
        ((), {"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ((), {"AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3"),
        ((), {"AWS_REGION": "eu-north-1", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-north-1"),
        (("--region", "us-west-2"), {"AWS_REGION": "eu-central-1"}, "us-west-2"),
        (("--profile", "work"), {}, "sa-east-1"),
        (("--profile", "work"), {"AWS_REGION": "eu-central-1"}, "eu-central-1"),
    ],
    ids=["AWS_REGION", "AWS_DEFAULT_REGION", "both", "option", "profile", "profile and AWS_REGION"],
)
def test_the_region_is_that_of_the_option_the_environment_or_the_profile(
    gateway: Gateway,
    tmp_path: Path,
    words: tuple[str, ...],
    variables: dict[str, str],
    region: str,
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = sa-east-1\n")
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n"
    )
    files = {"AWS_CONFIG_FILE": str(config)}
    files["AWS_SHARED_CREDENTIALS_FILE"] = str(tmp_path / "credentials")
    gateway.respond = lambda *_request: (200, EMPTY)

    for placed in (("targets", *words), (*words, "targets")):
        ran = notify(*placed, "--api-url", gateway.url, **keys, **files, **variables)

        assert ran.code == 0, ran.err
    signatures = [request["headers"]["Authorization"] for request in gateway.seen]
    assert all(f"/{region}/execute-api/" in signature for signature in signatures)


def test_a_command_that_reads_the_stack_requires_its_name() -> None:
    key = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}

    ran = notify("doctor", "--api-url", "http://127.0.0.1:9/v1", "--region", "us-east-1", **key)

    assert ran.code == 1
    assert "--stack" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("send", "ann"),
        ("send", "ann", "a", "b", "--at", "yesterday"),
        ("send", "ann", "a", "b", "--at", "tomorrow"),
        ("send", "ann", "a", "b", "--csv", "people.csv"),
        ("send", "ann", "a", "b", "--dry-run"),
        ("send", "--csv", "people.csv", "--at", "20m"),
        ("send",),
        ("find",),
        ("find", "ann", "--user", "ann"),
        ("find", "--address", "a@b.example", "--user", "ann"),
        ("find", "ann", "--since", "sometime"),
        ("completion", "tcsh"),
        ("send", "ann", "a", "b", "--extra", "{"),
        ("send", "ann", "a", "b", "--extra", "[]"),
        ("send", "ann", "--content", "no-such-file.json"),
        ("send", "ann", "--content", __file__),
        ("send", "--csv", "people.csv", "--content", __file__),
        ("send", "ann", "a", "b", "--record", "r", "--target", "Email"),
        ("send", "ann", "a", "b", "--at", "20m", "--idempotency-key", "k"),
        ("list",),
        ("list", "--user", "ann", "--failed"),
        ("list", "--user", "ann", "--limit", "0"),
        ("redrive",),
        ("redrive", "id", "--target", "Email"),
        ("redrive", "--since", "sometime"),
        ("opt-out", "ann", "--show", "--end"),
        ("targets", "--nonsense"),
    ],
)
def test_invalid_usage_exits_with_two(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = notify(*words, "--local", str(stack_file(tmp_path)))

    assert (ran.code, ran.out) == (2, "")
    assert ran.widest <= 80


def test_a_question_without_an_answer_names_the_option_yes(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    gateway.answers = [(200, STORED)]

    ran = on_aws("erase", "ann")

    assert (ran.code, ran.out) == (1, "")
    assert [request["method"] for request in gateway.seen] == ["GET"]
    assert "--yes" in ran.err


def test_after_the_answer_no_nothing_changes(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    gateway.answers = [(200, STORED)]

    ran = on_aws("erase", "ann", stdin="n\n")

    assert (ran.code, ran.out) == (1, "")
    assert [request["method"] for request in gateway.seen] == ["GET"]
    assert "Nothing was done" in ran.err


def test_a_failed_job_is_reported_with_its_error(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    job: dict[str, Any] = {
        "id": "j",
        "kind": "erasure",
        "state": "running",
        "counts": {},
        "error": None,
    }
    failed = job | {"state": "failed", "error": "it was cut off again and again"}
    gateway.answers = [(200, STORED), (202, job), (200, failed)]

    ran = on_aws("erase", "ann", "--yes")

    assert (ran.code, ran.out) == (1, "")
    assert "it was cut off again and again" in ran.err
    paths = ["/v1/users/ann/export?limit=1", "/v1/users/ann", "/v1/jobs/j"]
    assert [request["path"] for request in gateway.seen] == paths


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (("list", "--user", "eggs"), [EMPTY, NOTHING]),
        (("list", "--user", "eggs", "--since", "2h"), [EMPTY, NOTHING]),
        (("records", "eggs"), [EMPTY, NOTHING]),
        (("export", "eggs"), [NOTHING]),
        (("erase", "eggs", "--yes"), [NOTHING]),
    ],
)
def test_an_unknown_user_is_named(
    gateway: Gateway, on_aws: Callable[..., Ran], words: tuple[str, ...], answers: list[Any]
) -> None:
    gateway.answers = [(200, answer) for answer in answers]

    ran = on_aws(*words)

    assert (ran.code, ran.out, gateway.answers) == (1, "", [])
    assert "No user 'eggs' is known" in ran.err
    assert "notify find eggs" in ran.err
    assert {request["method"] for request in gateway.seen} == {"GET"}


def test_a_known_user_without_notifications_is_not_called_unknown(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    gateway.answers = [(200, EMPTY), (200, STORED)]

    ran = on_aws("list", "--user", "ann", "--until", "2026-11-01", "--utc")

    assert ran.code == 0, ran.err
    assert ran.out == "No notifications until Sun 1 Nov 2026 00:00 UTC.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--failed", "--target", "fax"),
        ("list", "--user", "ann", "--target", "fax"),
        ("find", "ann", "--target", "fax"),
        ("send", "ann", "a", "b", "--target", "fax"),
        ("redrive", "--target", "fax"),
        ("opt-out", "ann", "--target", "fax"),
        ("records", "add", "ann", "fax", "1"),
        ("pause", "fax"),
    ],
)
def test_an_unknown_target_is_answered_with_the_known_ones(
    gateway: Gateway, on_aws: Callable[..., Ran], words: tuple[str, ...]
) -> None:
    names = [{"id": f"t-{name}", "name": name} for name in ("Email", "Twilio")]
    gateway.answers = [(200, {"items": names, "next": None})]

    ran = on_aws(*words)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "Error: There is no target fax.\nThe targets are: Email, Twilio\n"


def test_a_listing_of_nobody_says_what_to_pass(tmp_path: Path) -> None:
    ran = notify("list", "--local", str(stack_file(tmp_path)))

    error = " ".join(ran.err.replace("│", " ").split())
    assert "pass --user ID or --failed; `notify find TEXT` searches by address" in error


def test_the_version_is_printed() -> None:
    assert notify("--version").out == f"notify {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_of_a_shell_is_printed(shell: str) -> None:
    ran = notify("completion", shell)

    assert ran.code == 0, ran.err
    assert "_NOTIFY_COMPLETE" in ran.out


def test_commands_are_completed() -> None:
    request = {"_NOTIFY_COMPLETE": "complete_bash", "COMP_WORDS": "notify ex", "COMP_CWORD": "1"}

    assert notify(**request).out.split() == ["explain", "export"]
