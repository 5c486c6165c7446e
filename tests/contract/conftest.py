"""The stores under contract: in memory, and in the emulator over the real SDKs."""

from uuid import uuid4

import pytest

from notification_core.ports import Ports
from tests.builders import World


@pytest.fixture(params=["memory", "aws"])
def ports(request: pytest.FixtureRequest) -> Ports:
    """Every port, in memory or in the emulator."""
    if request.param == "memory":
        return World().ports
    found: Ports = request.getfixturevalue("aws")
    return found


@pytest.fixture
def user() -> str:
    """A user that no other test has: the emulator's tables are shared."""
    return f"user-{uuid4()}"
