"""What every test gets: no real credentials, and a world in memory for the asking."""

import os

import pytest

from tests.builders import World
from tests.emulator import aws, emulator
from tests.simulator import simulator

__all__ = ["aws", "emulator", "simulator"]

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give one process what needs the stack, and the others whole files.

    The stack's tests come first, because they take longest and mostly wait. xdist adds the group to
    a test's id in the same hook, so this one runs before.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(STACK))
    for item in items:
        file = item.nodeid.partition("::")[0]
        group = "stack" if item.nodeid.startswith(STACK) else file
        item.add_marker(pytest.mark.xdist_group(group))
