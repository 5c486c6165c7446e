"""The API under generated requests, from its own document.

It comes after all others but one: it pauses, renames, erases and redrives whatever it finds.
`FUZZ_SECONDS=120` goes on for so long; `FUZZ_SEED` repeats a run. `make fuzz` adds the phase
`coverage`, which tries each constraint of the document and takes a minute and a half.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.layout import PROJECT
from infra.openapi import DOCUMENT
from tests.system.conftest import System

pytestmark = pytest.mark.stack

#: The phases of schemathesis.
PHASES = os.environ.get("FUZZ_PHASES", "examples,fuzzing,stateful")

#: Generated requests of an operation, beside those for each constraint in the document.
EXAMPLES = "4"

#: Before 3.11.8, Python may fail when two threads parse code (python/cpython#106905).
WORKERS = "2" if sys.version_info >= (3, 11, 8) else "1"

#: What the document has an example of is carried out, so that the rest has something to work on.
WITH_EXAMPLES = (
    "POST /targets",
    "POST /target-user-records",
    "POST /notifications",
    "POST /notifications/redrive",
)

#: For the first two stand checks of ours. The third asks for a 401, where API Gateway says 403. The
#: last is for callers that may see different things.
EXCLUDED = "positive_data_acceptance,negative_data_rejection"
EXCLUDED += ",missing_required_header,object_level_authorization"


@pytest.fixture
def mended(system: System) -> Iterator[System]:
    """The stack, whose targets are afterwards as they were."""
    before = list(system.api.listed("/targets"))
    yield system
    after = {each["id"] for each in system.api.listed("/targets")}
    for each in after:  # a name is free again before it is given back
        system.api("PATCH", f"/targets/{each}", {"name": f"fuzzed {each}"})
    for target in before:
        said = {key: target[key] for key in ("name", "notification_module_name")}
        there = target["id"] in after
        path = f"/targets/{target['id']}" if there else "/targets"
        back = system.api("PATCH" if there else "POST", path, said)
        assert back.status in {200, 201}, back
        assert system.api("POST", f"/targets/{back.body['id']}/resume").status == 200


def test_every_answer_is_one_that_the_document_names(mended: System, tmp_path: Path) -> None:
    seed = os.environ.get("FUZZ_SEED") or str(secrets.randbelow(2**31))
    # The document's examples are of this user.
    mended.register("ann", "Email", "ann.at.work@example.com")

    done = fuzz(mended, tmp_path, seed)

    assert done.returncode == 0, f"FUZZ_SEED={seed}\n{done.stdout}{done.stderr}"
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["operations"]["tested"] == len(operations())
    rates = report["valid_rates"]
    examples = {example: rates[example]["examples"]["accepted"] for example in WITH_EXAMPLES}
    assert all(examples.values()), f"FUZZ_SEED={seed}, accepted: {examples}"


def operations() -> list[str]:
    """Every operation of the document."""
    paths = json.loads(DOCUMENT.read_text())["paths"]
    return [f"{method.upper()} {path}" for path, item in paths.items() for method in item]


def fuzz(system: System, folder: Path, seed: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis over every operation."""
    access = folder / "access.json"
    access.write_text(json.dumps(system.access))
    seconds = os.environ.get("FUZZ_SECONDS")
    length = ["--max-time", seconds] if seconds else ["--max-examples", EXAMPLES]
    command = [str(Path(sys.executable).with_name("st")), "--no-color", "run", str(DOCUMENT)]
    command += ["--url", system.access["api_url"], "--seed", seed, *length]
    command += [
        "--phases",
        PHASES,
        "--checks",
        "all",
        "--exclude-checks",
        EXCLUDED,
        "--continue-on-failure",
    ]
    command += ["--request-timeout", "35", "--generation-database", "none", "--no-shrink"]
    # A signature of chance's is refused by the gateway, and nothing is learnt of the operation.
    command += ["--generation-with-security-parameters", "false", "--workers", WORKERS]
    command += ["--report", "json", "--report-json-path", str(folder / "report.json")]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.system.fuzz_hooks",
        "PYTHONPATH": str(PROJECT),
        "STACK_ACCESS": str(access),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
