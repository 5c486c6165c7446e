"""The built wheel works in an empty environment, in a folder outside the checkout."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from infra.local.layout import PROJECT
from tests.system.conftest import System

SIX_LINES = """
from notification_system import Client, Recipient

with Client.local() as client:
    wheel = Recipient(target="Email", address="wheel@example.com")
    [notification] = client.send(to=[wheel], title="Your order", body="It is ready.")
    print(client.wait(notification.id).status)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and its dependencies, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=PROJECT / "clients/python", check=True)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env/bin/python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, f"{wheel}[cli]"], check=True)
    return python.parent


def run(command: list[str], folder: Path, system: System) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | {"NOTIFY_LOCAL": str(system.stack.layout.stack), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_six_lines_deliver_a_message(system: System, environment: Path, tmp_path: Path) -> None:
    assert run([str(environment / "python"), "-c", SIX_LINES], tmp_path, system) == "DELIVERED\n"


def test_the_command_line_works(system: System, environment: Path, tmp_path: Path) -> None:
    assert "Email" in run([str(environment / "notify"), "targets"], tmp_path, system)


def test_templates_are_checked_without_a_checkout(
    system: System, environment: Path, tmp_path: Path
) -> None:
    notify = str(environment / "notify")
    for starter in ("receipt", "one-time-code", "blank"):
        run([notify, "templates", "new", f"my-{starter}", "--from", starter], tmp_path, system)

    checked = run([notify, "templates", "check"], tmp_path, system)

    assert checked == "4 templates checked, no problems.\n"


def test_templates_are_checked_without_a_stack(environment: Path, tmp_path: Path) -> None:
    for arguments in (["new", "welcome", "--from", "receipt"], ["check"]):
        done = subprocess.run(
            [str(environment / "notify"), "templates", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "no problems" in done.stdout
