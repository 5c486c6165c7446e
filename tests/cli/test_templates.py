"""`notify templates`: what it prints, what it writes, and its exit codes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from notification_system.cli.templates.starters import copy_starter
from tests.cli.conftest import Gateway, Ran, notify_in

STARTERS = ["blank", "brand", "one-time-code", "receipt"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the templates receipt and brand."""
    copy_starter(tmp_path / "templates", "receipt", "receipt")
    return tmp_path


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize("starter", STARTERS)
def test_a_copied_starter_has_no_problems(tmp_path: Path, starter: str) -> None:
    created = notify_in(tmp_path, "templates", "new", "welcome", "--from", starter)
    checked = notify_in(tmp_path, "templates", "check", "--json")

    assert created.code == 0
    assert "Created templates/welcome/" in created.out
    assert json.loads(checked.out)["problems"] == []
    assert checked.code == 0


def test_a_starter_brings_its_layout_unless_there_is_one(folder: Path) -> None:
    edit(folder / "templates/brand/en/email.mjml", "#f3f4f6", "#123456")

    again = notify_in(folder, "templates", "new", "second", "--from", "receipt")

    assert again.out.splitlines()[0] == "Created templates/second/"
    assert "brand" not in again.out
    assert "#123456" in (folder / "templates/brand/en/email.mjml").read_text()


def test_a_template_is_not_overwritten(folder: Path) -> None:
    again = notify_in(folder, "templates", "new", "receipt")

    assert again.code == 1
    assert "templates/receipt exists already" in again.err


@pytest.mark.parametrize("name", ["Receipt", "../receipt", "a_b", "-a", "a" * 65])
def test_a_name_that_the_api_refuses_is_refused(tmp_path: Path, name: str) -> None:
    refused = notify_in(tmp_path, "templates", "new", "--", name)

    assert refused.code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_problem_is_printed_with_its_file_and_line(folder: Path) -> None:
    edit(folder / "templates/receipt/de/email.mjml", "{{ ordered_at | date }}", "{{ orderd_at }}")

    checked = notify_in(folder, "templates", "check", "receipt")

    line = (folder / "templates/receipt/de/email.mjml").read_text().split("{{ orderd_at")[0]
    place = f"templates/receipt/de/email.mjml:{line.count(chr(10)) + 1}: error: "
    assert checked.code == 1
    assert checked.out.startswith(place)
    assert "orderd_at" in checked.out.splitlines()[0]
    assert "1 template checked" in checked.out.splitlines()[-1]


def test_problems_as_json_have_their_places(folder: Path) -> None:
    edit(folder / "templates/receipt/template.json", '"orders"', '"two words"')

    checked = notify_in(folder, "templates", "check", "receipt", "--json")

    [problem] = json.loads(checked.out)["problems"]
    assert (problem["file"], problem["line"]) == ("templates/receipt/template.json", 2)
    assert problem["severity"] == "error"
    assert problem["message"].startswith("`category` must be")
    assert checked.code == 1


def test_files_that_cannot_be_parsed_are_problems_too(folder: Path) -> None:
    edit(folder / "templates/receipt/en/push.json", '",', '"')

    checked = notify_in(folder, "templates", "check")

    assert checked.out.startswith("templates/receipt/en/push.json:3: error: the file is not JSON")
    assert checked.code == 1


def test_a_missing_channel_is_named_by_its_file(folder: Path) -> None:
    (folder / "templates/receipt/ar/push.json").unlink()

    checked = notify_in(folder, "templates", "check", "receipt")

    assert checked.out.startswith(
        "templates/receipt/ar/push.json:1: error: `push` is missing; write it, or name ar in"
    )


def test_a_missing_layout_is_named(folder: Path) -> None:
    for file in sorted((folder / "templates/brand").rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()

    checked = notify_in(folder, "templates", "check")

    assert (
        "templates/receipt/en/email.mjml:3: error: the layout brand does not exist" in checked.out
    )


def test_an_optional_category_needs_an_unsubscribe_link_and_a_mandatory_one_does_not(
    folder: Path,
) -> None:
    copy_starter(folder / "templates", "code", "blank")
    edit(folder / "templates/code/template.json", "{\n", '{\n  "category": "logins",\n')
    file = folder / "templates/code/en/email.html"
    file.write_text(re.sub("{% if.*endif %}", "", file.read_text(), flags=re.DOTALL))
    configuration = folder / "configuration.json"
    configuration.write_text('{"categories": {"logins": {"mandatory": true}}}')

    optional = notify_in(folder, "templates", "check", "code")
    mandatory = notify_in(
        folder, "templates", "check", "code", "--configuration", "configuration.json"
    )

    assert optional.code == 1
    assert "unsubscribe_url" in optional.out
    assert mandatory.code == 0


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    checked = notify_in(tmp_path, "templates", "check")

    assert checked.code == 1
    assert "There is no template in templates." in checked.err
    assert "notify templates new" in checked.err


def test_an_unknown_template_is_named_with_those_that_exist(folder: Path) -> None:
    for command in ("check", "push", "preview"):
        unknown = notify_in(
            folder, "templates", command, "reciept", "--api-url", "http://localhost"
        )

        assert unknown.code == 1
        assert (
            "There is no template reciept in templates; there are: brand, receipt." in unknown.err
        )


class Deployment:
    """Answers the requests for templates as the API does."""

    def __init__(self, gateway: Gateway) -> None:
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.published: dict[str, int] = {}
        self.errors: list[dict[str, str]] = []
        self.gateway = gateway
        gateway.respond = self.respond

    def respond(self, path: str, body: Any) -> tuple[int, Any]:
        method = self.gateway.seen[-1]["method"]
        if path.startswith("/targets"):
            return 200, {"items": [{"id": "t1", "name": "Email"}], "next": None}
        _, _, name, *rest = path.split("/")
        versions = self.versions.setdefault(name, [])
        if method == "PUT":
            layouts = {
                parts["email"]["layout"]
                for parts in body["content"].values()
                if "layout" in parts.get("email", {})
            }
            own = {name: self.published.get(name, 0) for name in layouts}
            versions.append({**body, "layouts": own, "is_compiled": not self.errors})
            return 201, {"version": len(versions), "errors": self.errors, "warnings": []}
        if not versions:
            problem = {"type": "urn:problem:not-found", "detail": "no such template"}
            return 404, problem
        if rest == ["test"]:
            return 201, {"items": [{"id": "4bfe6be2-4a26-4b3b-8d4c-0c8d6f2b6f9d"}], "next": None}
        if rest == ["publish"]:
            self.published[name] = (body or {}).get("version", len(versions))
        if rest[:1] == ["versions"]:
            return 200, versions[int(rest[1]) - 1]
        published = self.published.get(name)
        return 200, {"name": name, "latest": len(versions), "published": published}


@pytest.fixture
def deployment(gateway: Gateway) -> Deployment:
    return Deployment(gateway)


def run(folder: Path, deployment: Deployment, *words: str) -> Ran:
    where = ("--api-url", deployment.gateway.url, "--region", "eu-west-1")
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    return notify_in(folder, "templates", *words, *where, **keys)


def test_a_push_shows_what_is_new_and_stores_layouts_first(
    folder: Path, deployment: Deployment
) -> None:
    dry = run(folder, deployment, "push", "receipt", "brand", "--dry-run")
    assert "receipt is new:\n  templates/receipt/template.json\n" in dry.out
    assert "  templates/receipt/de/sms.txt\n" in dry.out
    assert "receipt would be stored as version 1." in dry.out
    assert not any(deployment.versions.values())

    pushed = run(folder, deployment, "push", "receipt", "brand", "--publish", "--note", "First")

    assert pushed.code == 0
    assert "receipt@1 is published." in pushed.out
    assert list(deployment.published.items()) == [("brand", 1), ("receipt", 1)]
    assert deployment.versions["receipt"][0]["note"] == "First"
    assert deployment.versions["receipt"][0]["content"]["de"]["sms"]["body"]


def test_a_push_without_a_change_stores_nothing(folder: Path, deployment: Deployment) -> None:
    run(folder, deployment, "push", "receipt")

    again = run(folder, deployment, "push", "receipt")
    published = run(folder, deployment, "push", "receipt", "--publish")

    assert again.out == "receipt@1 is unchanged.\n"
    assert len(deployment.versions["receipt"]) == 1
    assert published.out == "receipt@1 is published.\n"
    assert deployment.published == {"receipt": 1}


def test_a_change_is_shown_as_a_diff_of_the_files(folder: Path, deployment: Deployment) -> None:
    run(folder, deployment, "push", "receipt", "--publish")
    edit(folder / "templates/receipt/en/sms.txt", "We received", "Thank you for")

    diff = run(folder, deployment, "diff", "receipt")
    pushed = run(folder, deployment, "push", "receipt")

    assert diff.code == 1
    assert "--- receipt@1/en/sms.txt\n+++ templates/receipt/en/sms.txt" in diff.out
    assert diff.out in pushed.out
    assert "receipt@2 is stored. To publish it, run:" in pushed.out
    assert deployment.published == {"receipt": 1}


def test_a_layout_that_was_published_again_makes_a_new_version(
    folder: Path, deployment: Deployment
) -> None:
    run(folder, deployment, "push", "receipt", "brand", "--publish")
    deployment.published["brand"] = 2

    pushed = run(folder, deployment, "push", "receipt")

    assert pushed.out.startswith("The layout brand@1 is now brand@2.\nreceipt@2 is stored.")
    assert run(folder, deployment, "push", "receipt").out == "receipt@2 is unchanged.\n"


def test_a_draft_with_errors_is_stored_again(folder: Path, deployment: Deployment) -> None:
    deployment.errors = [{"field": "content.de.email.layout", "message": "is missing"}]
    run(folder, deployment, "push", "receipt")
    deployment.errors = []

    pushed = run(folder, deployment, "push", "receipt")

    assert "receipt@2 is stored." in pushed.out


def test_a_template_with_errors_is_not_stored(folder: Path, deployment: Deployment) -> None:
    edit(folder / "templates/receipt/en/sms.txt", "{{ order_id }}", "{{ order }}")

    pushed = run(folder, deployment, "push", "receipt")

    assert pushed.code == 1
    assert pushed.out.startswith("templates/receipt/en/sms.txt:1: error: ")
    assert not deployment.versions


def test_an_error_of_the_deployment_gets_the_place_in_the_files(
    folder: Path, deployment: Deployment
) -> None:
    field = "content.de.email.mjml"
    deployment.errors = [
        {"field": field, "message": "line 2: the layout brand is not published"},
        {"field": "content.de.push.title", "message": "is empty"},
    ]

    pushed = run(folder, deployment, "push", "receipt", "--publish")

    assert pushed.code == 1
    lines = [line for line in pushed.out.splitlines() if line.startswith("templates/")]
    assert lines == [
        "templates/receipt/de/email.mjml:6: error: the layout brand is not published",
        "templates/receipt/de/push.json:2: error: `title` is empty",
    ]
    assert "notify templates push brand --publish" in pushed.err
    assert deployment.published == {}


def test_what_is_pulled_is_what_was_pushed(folder: Path, deployment: Deployment) -> None:
    run(folder, deployment, "push", "receipt")
    before = {
        file: file.read_bytes() for file in (folder / "templates").rglob("*") if file.is_file()
    }

    same = run(folder, deployment, "pull", "receipt")
    edit(folder / "templates/receipt/en/sms.txt", "We received", "Thank you for")
    (folder / "templates/receipt/fr").mkdir()
    (folder / "templates/receipt/fr/sms.txt").write_text("Merci")
    pulled = run(folder, deployment, "pull", "receipt", "--version", "1")

    assert same.out == "receipt@1 is the same as templates/receipt/\n"
    assert pulled.out.splitlines() == [
        "templates/receipt/en/sms.txt",
        "templates/receipt/fr/sms.txt",
        "receipt@1 written to templates/receipt/",
    ]
    after = {
        file: file.read_bytes() for file in (folder / "templates").rglob("*") if file.is_file()
    }
    assert after == before


def test_an_older_version_is_published_by_its_number(folder: Path, deployment: Deployment) -> None:
    run(folder, deployment, "push", "receipt")

    published = run(folder, deployment, "publish", "receipt", "--version", "1", "--note", "Back")

    assert published.out == "receipt@1 is published.\n"
    assert json.loads(deployment.gateway.seen[-1]["body"]) == {"version": 1, "note": "Back"}


def test_a_template_that_the_deployment_lacks_is_named(
    folder: Path, deployment: Deployment
) -> None:
    for command in ("pull", "diff"):
        absent = run(folder, deployment, command, "receipt")

        assert absent.code == 1
        assert "The deployment has no template receipt." in absent.err


def test_a_test_is_sent_to_an_address_with_data_of_a_file(
    folder: Path, deployment: Deployment
) -> None:
    run(folder, deployment, "push", "receipt")
    (folder / "data.json").write_text('{"order_id": "B-1"}')
    to = ("--to", "email:qa@example.com")

    sent = run(folder, deployment, "test", "receipt", *to, "--data", "@data.json", "--locale", "ar")

    assert "Sent a test of receipt to qa@example.com." in sent.out
    assert "show 4bfe6be2" in sent.out
    assert json.loads(deployment.gateway.seen[-1]["body"]) == {
        "to": {"target": "Email", "address": "qa@example.com"},
        "data": {"order_id": "B-1"},
        "locale": "ar",
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [("--to", "qa@example.com"), ("--data", "{"), ("--data", "@absent.json")],
)
def test_a_test_with_an_unusable_option_is_refused(
    folder: Path, deployment: Deployment, option: str, value: str
) -> None:
    words = ["--to", "Email:qa@example.com"] if option != "--to" else []

    refused = run(folder, deployment, "test", "receipt", *words, option, value)

    assert refused.code == 2
    assert option in refused.err
