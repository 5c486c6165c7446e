"""One client serves the process, and the import has the key of an operator."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from notification_system import ConfigurationError
from notification_system.django import client
from notification_system.django.connection import operator_client


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    """The description of a local stack."""
    path = tmp_path / "stack.json"
    keys = {"access_key_id": "caller", "secret_access_key": "a"}
    operator = {f"operator_{name}": f"operator {text}" for name, text in keys.items()}
    access = {"api_url": "http://127.0.0.1:9/v1", "region": "us-east-1"}
    path.write_text(json.dumps(access | keys | operator))
    return path


def access_key(api: Any) -> str:
    return str(api._transport._signer._credentials.access_key)


def test_the_threads_of_a_process_share_a_client() -> None:
    clients = [client()]
    thread = Thread(target=lambda: clients.append(client()))
    thread.start()
    thread.join()

    assert clients[0] is clients[1]


def test_a_process_that_was_forked_has_a_client_of_its_own() -> None:
    before = client()
    child = os.fork()
    if child == 0:
        os._exit(0 if client() is not before else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_local_stack_is_found_by_its_file(
    configure: Callable[..., None], stack_file: Path
) -> None:
    configure({"API_URL": None, "LOCAL": str(stack_file)})

    assert client().url == operator_client(None).url == "http://127.0.0.1:9/v1"
    assert access_key(client()) == "caller"
    assert access_key(operator_client(None)) == "operator caller"


def test_a_local_stack_that_does_not_run_is_named(
    configure: Callable[..., None], tmp_path: Path
) -> None:
    configure({"API_URL": None, "LOCAL": str(tmp_path / "stack.json")})

    with pytest.raises(ConfigurationError, match="There is no local stack"):
        client()
