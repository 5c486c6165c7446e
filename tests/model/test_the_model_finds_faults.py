"""The model is only worth what it finds: each mutation breaks one thing, and is found."""

import time

import pytest

from notification_core.ports import Ports
from tests.model import adapter_mutations
from tests.model.ledger import Violated
from tests.model.mutations import BY_CHANCE, MUTATIONS
from tests.model.runs import run
from tests.model.stories import STORIES, tell
from tests.model.worlds import MakeWorld, in_memory, in_the_emulator

#: Examples of a round, and for how long chance is given another.
EXAMPLES = 400
PATIENCE = 40  # seconds


def a_story_shows_it(world: MakeWorld) -> bool:
    """Whether a story ends badly."""
    for name in STORIES:
        try:
            tell(world, name)
        except Violated:
            return True
    return False


def chance_comes_upon_it() -> None:
    """Give chance some time. Raises Violated."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        run(in_memory, EXAMPLES, shrink=False)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_story_shows_it(mutation: str) -> None:
    with MUTATIONS[mutation]():
        assert a_story_shows_it(in_memory)


@pytest.mark.parametrize("mutation", BY_CHANCE)
def test_chance_comes_upon_it(mutation: str) -> None:
    with MUTATIONS[mutation](), pytest.raises(Violated):
        chance_comes_upon_it()


@pytest.mark.parametrize("mutation", adapter_mutations.MUTATIONS)
def test_a_story_shows_it_in_the_emulator(aws: Ports, mutation: str) -> None:
    with adapter_mutations.MUTATIONS[mutation]():
        assert a_story_shows_it(in_the_emulator(aws))
