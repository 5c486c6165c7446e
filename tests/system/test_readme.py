"""The first example of README.md runs as it is written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.layout import PROJECT
from tests.system.conftest import System

pytestmark = pytest.mark.stack

README = (PROJECT / "README.md").read_text()
EXAMPLE = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[0]


def test_the_readme_is_short_and_its_example_has_six_lines() -> None:
    assert len(README.splitlines()) <= 150
    assert len(EXAMPLE.splitlines()) == 6


def test_the_example_delivers_a_message(system: System, tmp_path: Path) -> None:
    (tmp_path / "order.py").write_text(EXAMPLE)

    ran = subprocess.run(
        [sys.executable, "order.py"],
        cwd=tmp_path,
        env=os.environ
        | {
            "NOTIFY_LOCAL": str(system.stack.layout.stack),
            "PYTHONPATH": str(PROJECT / "clients/python"),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout, ran.stderr) == ("DELIVERED\n", "")
    [message] = system.inbox("zoe@example.com")
    assert message["title"] == "Your order"
