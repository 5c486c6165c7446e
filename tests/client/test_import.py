"""Importing the package is fast, because its libraries are imported when they are needed."""

import subprocess
import sys

from infra.local.layout import PROJECT

SCRIPT = """
import sys, time
started = time.process_time()
import notification_system
seconds = time.process_time() - started
heavy = [name for name in ("httpx", "botocore", "boto3", "pydantic") if name in sys.modules]
print(seconds * 1000, heavy)
"""


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env={"PYTHONPATH": str(PROJECT / "clients/python")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_import_takes_at_most_60_ms_and_loads_no_library() -> None:
    best = min(float(run(SCRIPT).split()[0]) for _ in range(3))

    assert best <= 60
    assert run(SCRIPT).split(maxsplit=1)[1] == "[]\n"


def test_every_public_name_can_be_imported() -> None:
    script = "import notification_system as n; print(*(hasattr(n, name) for name in n.__all__))"

    assert set(run(script).split()) == {"True"}
