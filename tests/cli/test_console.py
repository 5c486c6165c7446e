"""`notify console`: where the console is, and how to sign in."""

import json
from pathlib import Path

from tests.cli.conftest import notify
from tests.cli.test_errors import stack_file

URL = "http://127.0.0.1:9/v1/console"
LOGIN = {
    "console_user": "admin@example.com",
    "console_password": "word",
}  # pragma: allowlist secret


def test_the_address_and_the_local_login_are_printed(tmp_path: Path) -> None:
    path = stack_file(tmp_path, outputs={"ConsoleUrl": URL}, **LOGIN)

    ran = notify("console", "--print", "--local", str(path))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        URL,
        "Sign in as admin@example.com with the password word",
    ]


def test_the_json_has_both(tmp_path: Path) -> None:
    path = stack_file(tmp_path, outputs={"ConsoleUrl": URL}, **LOGIN)

    ran = notify("console", "--json", "--local", str(path))

    assert json.loads(ran.out) == {"url": URL, "user": "admin@example.com", "password": "word"}


def test_a_machine_without_a_browser_is_told_to_open_the_address(tmp_path: Path) -> None:
    path = stack_file(tmp_path, outputs={"ConsoleUrl": URL})

    ran = notify("console", "--local", str(path), BROWSER="/nonexistent", PATH="/nonexistent")

    assert (ran.code, ran.out.strip()) == (0, URL)
    assert "Open the address above" in ran.err


def test_a_deployment_without_the_console_names_the_parameter(tmp_path: Path) -> None:
    ran = notify("console", "--local", str(stack_file(tmp_path)))

    assert (ran.code, ran.out) == (1, "")
    assert "The console is not deployed." in ran.err
    assert "Console" in ran.err
