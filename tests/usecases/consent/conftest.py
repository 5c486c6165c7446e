"""The world's ports over a store whose listing may lag."""

from dataclasses import replace

import pytest

from notification_core.ports import Ports
from tests.builders import World
from tests.usecases.consent.lagging import Lagging


@pytest.fixture
def index(world: World) -> Lagging:
    """The store, whose listing may lag."""
    return Lagging(world)


@pytest.fixture
def ports(world: World, index: Lagging) -> Ports:
    """The world's ports, with that store."""
    return replace(world.ports, notifications=index)
