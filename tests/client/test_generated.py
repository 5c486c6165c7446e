"""The synchronous client is generated from the asynchronous one, and has the same methods."""

import inspect
import shutil
from pathlib import Path

from infra.sync_client import PACKAGE, generate
from notification_system import AsyncClient, Client


def test_the_synchronous_client_is_up_to_date(tmp_path: Path) -> None:
    package = tmp_path / "notification_system"
    shutil.copytree(PACKAGE / "_async", package / "_async", ignore=shutil.ignore_patterns("*.pyc"))

    generate(package)

    generated = {path.name: path.read_text() for path in (package / "_sync").glob("*.py")}
    stored = {path.name: path.read_text() for path in (PACKAGE / "_sync").glob("*.py")}
    assert stored == generated, "run: make client"


def test_both_clients_have_the_same_methods_and_parameters() -> None:
    def signatures(client: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in inspect.getmembers(client, callable)
            if not name.startswith("_")
        }

    assert signatures(AsyncClient) == signatures(Client)
