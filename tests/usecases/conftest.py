"""What the use cases' tests share: time passes only where somebody waits."""

import pytest

from tests.builders import World


@pytest.fixture
def waits(world: World) -> list[float]:
    """Every wait, in seconds."""
    return world.waits
