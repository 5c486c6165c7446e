"""The path of docs/templates.md on the deployed stack, from a starter to a message that arrives."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from infra.local.layout import PROJECT
from notification_system.cli.templates.starters import copy_starter
from tests.cli.conftest import Ran, notify_in
from tests.system.conftest import System

pytestmark = pytest.mark.stack

PAGE = PROJECT / "docs/templates.md"


class Author:
    """Somebody who writes templates in a folder."""

    def __init__(self, folder: Path, system: System) -> None:
        self.folder = folder
        self.system = system

    def run(self, *words: str, code: int = 0) -> Ran:
        """Run the program in the folder."""
        stack = str(self.system.stack.layout.stack)
        ran = notify_in(self.folder, *words, NOTIFY_LOCAL=stack)
        assert ran.code == code, ran
        return ran

    def ask(self, *words: str) -> Any:
        """Run the program for its JSON."""
        return json.loads(self.run(*words, "--json").out)

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace a text in a file."""
        file = self.folder / "templates" / name
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def author(tmp_path: Path, system: System) -> Author:
    return Author(tmp_path, system)


def commands_of_the_page() -> list[list[str]]:
    """Return the commands that the page lets its reader run."""
    shell = re.findall(r"(?<!-->\n)^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in shell for line in block.splitlines()]


def test_the_commands_of_the_page_lead_to_a_published_template(
    author: Author, system: System
) -> None:
    commands = commands_of_the_page()
    assert ["templates", "new", "order-confirmed", "--from", "receipt"] in commands

    for words in commands:
        author.run(*words)

    [head] = [
        item
        for item in author.ask("templates", "list")["items"]
        if item["name"] == "order-confirmed"
    ]
    assert (head["published"], head["latest"]) == (1, 1)
    example = json.loads((author.folder / "templates/order-confirmed/schema.json").read_text())
    data = example["examples"][0]
    for target, address, locale in (
        ("Email", "docs@example.com", "ar-EG"),
        ("Twilio", "+15550001414", "de-AT"),
    ):
        request = {
            "to": [{"target": target, "address": address}],
            "template": "order-confirmed",
            "data": data,
            "locale": locale,
        }
        answer = system.api("POST", "/notifications", request)
        assert answer.status == 201, answer
        [sent] = answer.body["items"]
        assert system.ended(sent)["status"] == "DELIVERED"
    [mail] = system.inbox("docs@example.com")
    assert mail["title"] == "إيصال الطلب A-1042"
    assert mail["body"].startswith("شكرًا لطلبك.")
    assert 'lang="ar" dir="rtl"' in mail["html"]
    [sms] = system.inbox("+15550001414")
    assert sms["body"].startswith("Ihre Bestellung A-1042 über 70,20 € ist eingegangen.")


def test_a_test_send_to_an_address_that_is_not_allowed_says_how_to_allow_it(
    author: Author,
) -> None:
    copy_starter(author.folder / "templates", "tested", "blank")
    author.run("templates", "push", "tested")

    refused = author.run("templates", "test", "tested", "--to", "Email:qa@example.com", code=1)

    assert "allow_list" in refused.err


def test_versions_are_pushed_compared_published_and_pulled(author: Author) -> None:
    copy_starter(author.folder / "templates", "history", "blank")
    author.run("templates", "push", "history", "--publish", "--note", "First")
    before = (author.folder / "templates/history/en/sms.txt").read_text()
    author.edit("history/en/sms.txt", "is on its way", "has left us")

    assert (
        "+Your order {{ order_id }} has left us."
        in author.run("templates", "diff", "history", code=1).out
    )
    dry = author.ask("templates", "push", "history", "--dry-run")
    pushed = author.run("templates", "push", "history").out
    assert dry["items"][0]["result"] == "changed"
    assert "history@2 is stored." in pushed
    assert author.run("templates", "push", "history").out == "history@2 is unchanged.\n"
    assert author.run("templates", "publish", "history").out == "history@2 is published.\n"
    back = author.run("templates", "publish", "history", "--version", "1", "--note", "Back")
    assert back.out == "history@1 is published.\n"
    author.run("templates", "pull", "history", "--version", "1")
    assert (author.folder / "templates/history/en/sms.txt").read_text() == before


def test_a_new_version_of_a_layout_reaches_the_templates_with_their_next_push(
    author: Author,
) -> None:
    copy_starter(author.folder / "templates", "framed", "receipt")
    for words in (("brand", "--publish"), ("framed", "--publish")):
        author.run("templates", "push", *words)
    author.edit("brand/en/email.mjml", "#f3f4f6", "#f3f4f7")
    author.run("templates", "push", "brand", "--publish")

    pushed = author.run("templates", "push", "framed", "--publish").out

    assert "The layout brand@" in pushed
    assert "framed@2 is published." in pushed


def test_a_template_whose_layout_is_not_published_is_not_usable(author: Author) -> None:
    copy_starter(author.folder / "templates", "loose", "receipt")
    folder = author.folder / "templates"
    (folder / "brand").rename(folder / "other-brand")
    for file in folder.glob("loose/*/email.mjml"):
        file.write_text(file.read_text().replace("layout: brand", "layout: other-brand"))

    pushed = author.run("templates", "push", "loose", "--publish", code=1)

    places = [line for line in pushed.out.splitlines() if line.startswith("templates/")]
    assert len(places) == 3
    assert places[0].startswith("templates/loose/ar/email.mjml:3: error: the layout other-brand")
