"""Whatever happens, and in whatever order: nothing is lost, and nothing is doubled."""

import pytest

from notification_core.ports import Ports
from tests.model.runs import IN_MEMORY, IN_THE_EMULATOR, run
from tests.model.stories import STORIES, tell
from tests.model.worlds import MakeWorld, in_memory, in_the_emulator


@pytest.fixture(params=["memory", "emulator"])
def world(request: pytest.FixtureRequest) -> MakeWorld:
    """The ports in memory, or in the emulator."""
    if request.param == "memory":
        return in_memory
    return in_the_emulator(request.getfixturevalue("aws"))


@pytest.mark.parametrize("story", STORIES)
def test_the_story_ends_well(world: MakeWorld, story: str) -> None:
    tell(world, story)


def test_the_model_holds_in_memory() -> None:
    run(in_memory, IN_MEMORY)


def test_the_model_holds_in_the_emulator(aws: Ports) -> None:
    run(in_the_emulator(aws), IN_THE_EMULATOR, shrink=False)  # an example takes a second
