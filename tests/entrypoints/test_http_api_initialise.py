"""What a container of the API has done before its first request, each in a process of its own."""

import json
import subprocess
from typing import Any

from tests.benchmarks.environment import (
    FUNCTIONS,
    PROJECT,
    SHARED,
    clean_environment,
    function_environment,
    python,
)

TELL = """\
import gc, json, handler
from notification_core.adapters.json_schema import load_library
from notification_core.runtime.wiring import ports
print(json.dumps({
    "ports": ports.cache_info().currsize,
    "libraries": load_library.cache_info().currsize,
    "passed over": gc.get_freeze_count() > 0,
    "collecting": gc.isenabled(),
}))
"""


def imported(environment: dict[str, str]) -> dict[str, Any]:
    """Import the function in a new process with this environment."""
    ended = subprocess.run(
        python("-c", TELL),
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_in_lambda_clients_and_libraries_are_there_before_the_first_request() -> None:
    nobody = "http://127.0.0.1:9"

    assert imported(function_environment("api", nobody, "")) == {
        "ports": 1,
        "libraries": 1,
        "passed over": True,
        "collecting": True,
    }


def test_elsewhere_nothing_is_asked_of_the_environment() -> None:
    assert imported(clean_environment(FUNCTIONS / "api", SHARED)) == {
        "ports": 0,
        "libraries": 0,
        "passed over": True,
        "collecting": True,
    }
