"""What every test gets: no real credentials, and a world in memory for the asking."""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.browser.fixture import chromium
from tests.builders import World
from tests.emulator import aws, emulator
from tests.simulator import simulator

__all__ = ["aws", "chromium", "emulator", "simulator"]

# A test that forgot to name its endpoint must not reach anybody's account.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


@pytest.fixture
def world() -> World:
    """The whole system in memory, at noon."""
    return World()


#: Where the tests are that need the stack.
STACK = "tests/system/"
#: The tests that start a stack of their own.
OWN_STACK = ("tests/system/test_other_parameters.py", "tests/system/test_restore.py")


class StackApart(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """One process for the tests that need the stack, which mostly wait; whole files for the other.

    `--dist loadgroup` would do, but pytest-xdist 3.8 marks a group in `Item._nodeid`, which pytest
    9.2 no longer reads, so it ignores groups without a warning.
    """

    def _split_scope(self, nodeid: str) -> str:
        needs_it = nodeid.startswith(STACK) and not nodeid.startswith(OWN_STACK)
        return "stack" if needs_it else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> StackApart:
    """Divide the tests among the processes of `make test`."""
    return StackApart(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that need the stack, which take longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(STACK))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Repeat at the end what was not tested although it should be."""
    for report in terminalreporter.stats.get("skipped", ()):
        reason = str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else ""
        if "NOT TESTED" in reason:
            terminalreporter.write_line(reason.removeprefix("Skipped: "), yellow=True, bold=True)
