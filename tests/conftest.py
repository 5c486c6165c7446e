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
