"""What the use cases' tests share: time passes only where somebody waits."""

import time

import pytest

from tests.builders import World


@pytest.fixture(autouse=True)
def waits(world: World, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waiting moves the watch and takes no time; every wait, in seconds."""
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        world.watch.forward(seconds=seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    return waited
