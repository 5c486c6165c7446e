"""The preview: what the page gets, who may ask for it, and when it hears of a change."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from notification_system.cli.templates.preview.emails import Emails, in_scheme
from notification_system.cli.templates.preview.messages import preheader
from notification_system.cli.templates.preview.server import FILES, PreviewServer
from notification_system.cli.templates.preview.serving import serving
from notification_system.cli.templates.starters import starters
from notification_system.cli.templates.workspace import Configuration, Workspace

PAGE = Path(__file__).parents[2] / "clients/python/notification_system/cli/templates/preview/page"

RECEIPT = {
    "order_id": "A-1",
    "ordered_at": "2026-11-28T15:30:00Z",
    "currency": "EUR",
    "items": [{"name": "<b>Tea</b>", "quantity": 1, "price": 5}],
    "total": 5,
}


@dataclass
class Browser:
    """Asks the server as a browser does."""

    server: PreviewServer

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, body and json.dumps(body), {**sent, **(headers or {})})
        return connection.getresponse()

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200
        return json.loads(answer.read())

    def render(self, template: str, data: Any) -> Any:
        answer = self.ask("POST", "/render", {"template": template, "data": data})
        assert answer.status == 200
        return json.loads(answer.read())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of templates, with all starters."""
    return Path(shutil.copytree(starters(), tmp_path / "templates"))


@pytest.fixture
def browser(root: Path) -> Iterator[Browser]:
    workspace = Workspace(root, Configuration(brand={"name": "Teahouse"}))
    with serving(workspace, 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Browser(server)
        server.shutdown()
        thread.join()


def test_the_page_and_its_files_are_served(browser: Browser) -> None:
    assert {path.name for path in PAGE.iterdir()} == set(FILES)
    for name in FILES:
        answer = browser.ask("GET", f"/{name}")
        assert answer.status == 200
        assert answer.read() == (PAGE / name).read_bytes()


def test_the_page_loads_nothing_from_elsewhere(browser: Browser) -> None:
    policy = browser.ask("GET", "/").headers["Content-Security-Policy"]

    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for path in PAGE.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "attacker.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_gets_nothing(browser: Browser, headers: dict[str, str]) -> None:
    port = str(browser.server.server_port)
    sent = {name: value.replace("{port}", port) for name, value in headers.items()}

    for path in ("/", "/state", "/events"):
        assert browser.ask("GET", path, headers=sent).status == 403
    body = {"template": "receipt", "data": {}}
    assert browser.ask("POST", "/render", body, sent).status == 403


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    headers = {"Content-Type": "text/plain"}

    assert browser.ask("POST", "/render", {"template": "x", "data": {}}, headers).status == 404


@pytest.mark.parametrize("path", ["/server.py", "/../server.py", "/page/app.js", "/emails/x", "/a"])
def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    assert browser.ask("GET", path).status == 404


def test_only_this_machine_can_connect(browser: Browser) -> None:
    assert browser.server.server_address[0] == "127.0.0.1"


def test_the_state_describes_the_template(browser: Browser) -> None:
    state = browser.get("/state?template=receipt")

    assert state["template"] == "receipt"
    assert [template["name"] for template in state["templates"]] == [
        "blank",
        "brand",
        "one-time-code",
        "receipt",
    ]
    assert [(locale["tag"], locale["direction"]) for locale in state["locales"]] == [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("de", "ltr"),
    ]
    assert (state["category"], state["mandatory"]) == ("orders", False)
    assert len(state["examples"]) == 2
    assert browser.get("/state")["template"] == "blank"
    assert browser.get("/state?template=gone")["template"] == "blank"


def test_every_message_is_rendered_with_the_given_data(browser: Browser) -> None:
    cells = browser.render("receipt", RECEIPT)["cells"]

    assert {locale: tuple(channels) for locale, channels in cells.items()} == dict.fromkeys(
        ("en", "de", "ar"), ("email", "sms", "push")
    )
    email, sms, push = cells["en"].values()
    assert (email["from_name"], email["subject"]) == ("Teahouse", "Your receipt for order A-1")
    assert email["preheader"].startswith("1 item, €5.00 in total")
    assert "<b>Tea</b>" in email["text"]
    assert sms["parts"] == ["Teahouse: We received order A-1, €5.00 in total."]
    assert (sms["encoding"], sms["culprits"]) == ("GSM-7", [])
    assert push["body"] == "1 item for €5.00. Thank you!"
    page = browser.ask("GET", f"{email['frame']}?scheme=light").read().decode()
    assert "&lt;b&gt;Tea" in page


def test_an_email_runs_no_scripts_and_is_shown_by_the_preview_only(browser: Browser) -> None:
    frame = browser.render("receipt", RECEIPT)["cells"]["en"]["email"]["frame"]

    policy = browser.ask("GET", frame).headers["Content-Security-Policy"]

    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy


def test_data_that_do_not_fit_are_named_and_the_messages_shown_nevertheless(
    browser: Browser,
) -> None:
    rendered = browser.render("receipt", {**RECEIPT, "shipping": "free", "coupon": 1})

    assert [error["path"] for error in rendered["data_errors"]] == ["coupon", "shipping"]
    assert rendered["cells"]["en"]["push"]["title"] == "Order A-1 received"


@pytest.mark.parametrize("data", [[], 1, None, "text"])
def test_data_that_are_no_object_are_refused(browser: Browser, data: Any) -> None:
    rendered = browser.render("receipt", data)

    assert rendered["cells"] == {}
    assert rendered["data_errors"][0]["message"].startswith("The data must be an object")


def test_a_message_that_fails_shows_its_lines_and_the_others_are_shown(
    browser: Browser, root: Path
) -> None:
    file = root / "receipt/de/sms.txt"
    file.write_text("Hallo\n{{ order_id | shout }}\n")

    cells = browser.render("receipt", RECEIPT)["cells"]

    failed = cells["de"]["sms"]
    assert (failed["kind"], failed["file"], failed["line"]) == ("failed", file.as_posix(), 2)
    assert [line["text"] for line in failed["excerpt"] if line["marked"]] == [
        "{{ order_id | shout }}"
    ]
    assert cells["en"]["sms"]["kind"] == "sms"
    assert cells["de"]["push"]["kind"] == "card"


def test_files_that_cannot_be_read_are_a_problem_and_not_the_end(
    browser: Browser, root: Path
) -> None:
    (root / "receipt/schema.json").write_text("{\n  nonsense\n}")

    state = browser.get("/state?template=receipt")

    assert state["template"] == "receipt"
    assert [(problem["file"], problem["line"]) for problem in state["problems"]] == [
        ((root / "receipt/schema.json").as_posix(), 2)
    ]
    assert browser.render("receipt", RECEIPT)["cells"] == {}


def test_messages_are_shown_while_the_schema_is_wrong(browser: Browser, root: Path) -> None:
    (root / "receipt/schema.json").write_text('{"type": "objec", "properties": {"a": 1}}')

    shown = browser.render("receipt", {"a": 1})

    assert shown["data_errors"] == []
    assert "en" in shown["cells"]


def test_a_changed_layout_is_checked_again_in_the_templates_that_use_it(
    browser: Browser, root: Path
) -> None:
    assert browser.get("/state?template=receipt")["problems"] == []
    file = root / "brand/de/email.mjml"
    file.write_text(file.read_text().replace("brand.name }}</mj-text>", "brnd.name }}</mj-text>"))

    problems = browser.get("/state?template=receipt")["problems"]
    file.unlink()
    (root / "brand/template.json").unlink()

    assert ["`brnd`" in problem["message"] for problem in problems] == [True]
    without = browser.get("/state?template=receipt")["problems"]
    assert "the layout brand does not exist" in without[0]["message"]


def test_a_layout_is_shown_around_a_sample(browser: Browser) -> None:
    email = browser.render("brand", {})["cells"]["en"]["email"]

    page = browser.ask("GET", email["frame"]).read().decode()
    assert "The content of an e-mail." in page
    assert "Teahouse" in page


def test_a_long_sms_is_shown_in_segments_with_its_culprits(browser: Browser, root: Path) -> None:
    (root / "blank/en/sms.txt").write_text("Noël à Brașov: " + "x" * 70 + "\n")

    sms = browser.render("blank", {"order_id": "1"})["cells"]["en"]["sms"]

    assert [len(part) for part in sms["parts"]] == [67, 18]
    assert [culprit["character"] for culprit in sms["culprits"]] == ["ë", "ș"]


def test_a_change_of_a_file_is_announced(browser: Browser, root: Path) -> None:
    events = browser.ask("GET", "/events")
    assert events.readline() == b": watching\n"
    events.readline()

    file = root / "blank/en/sms.txt"
    file.write_text("Changed\n")
    os.utime(file, (1, 1))

    assert events.readline() == b"event: changed\n"
    events.close()


def test_a_new_and_a_removed_file_are_changes(root: Path, browser: Browser) -> None:
    watcher = browser.server.watcher
    watcher.stop()
    before = watcher.revision

    (root / "blank/fr").mkdir()
    watcher.look()
    (root / "blank/en/sms.txt").unlink()
    watcher.look()
    watcher.look()

    assert watcher.revision == before + 2


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_an_email_is_shown_in_the_chosen_colours(scheme: str, dark: bool) -> None:
    page = (
        '<html><head><meta name="color-scheme" content="light dark"><style>'
        "@media screen and (prefers-color-scheme: dark) { a { color: red } }"
        "@media (prefers-color-scheme:light) { a { color: blue } }</style></head></html>"
    )

    shown = in_scheme(page, scheme)

    assert "prefers-color-scheme" not in shown
    assert ("screen and (min-width: 0)" in shown) is dark
    assert (":root{color-scheme:dark" in shown) is dark
    assert '<base target="_blank">' in shown


def test_the_same_email_has_the_same_address_and_old_ones_are_forgotten() -> None:
    emails = Emails()

    first = emails.keep("first")
    assert emails.keep("first") == first
    for number in range(200):
        emails.keep(str(number))

    assert emails.page(first, "light") is None


def test_the_preheader_is_the_first_text_even_if_it_is_hidden() -> None:
    page = (
        "<html><head><title>No</title><style>p {}</style></head><body><!-- no -->"
        '<div style="display: none">Two items &amp; more</div>\n<p>Hello</p>'
        f"<p>{'x' * 500}</p></body>"
    )

    assert preheader(page).startswith("Two items & more Hello xxx")
    assert len(preheader(page)) == 160


def test_the_command_prints_the_address_and_ends_with_an_interrupt(root: Path) -> None:
    words = ["templates", "preview", "receipt", "--no-open", "--json", "--folder", str(root)]
    # A shell starts a program in the background with SIGINT ignored.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from notification_system.cli.__main__ import main; main()"
    command = [sys.executable, "-P", "-c", program, *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = "".join(iter(process.stdout.readline, "}\n")) + "}"
            url = urlsplit(json.loads(lines)["url"])
            connection = HTTPConnection("127.0.0.1", url.port or 0, timeout=10)
            connection.request("GET", "/state?template=receipt")
            state = json.loads(connection.getresponse().read())
        finally:
            process.send_signal(signal.SIGINT)

        assert process.wait(10) == 0
        assert (url.hostname, url.fragment) == ("127.0.0.1", "receipt")
        assert state["template"] == "receipt"
