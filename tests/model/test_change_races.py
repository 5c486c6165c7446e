"""A change races a claim, a cancellation, an opt-out or the dispatcher, call by call.

A seed decides who makes the next call of a port, so each order is reached, and again by its seed.
The model judges every result: `changed` is answered exactly if it was stored, and what is sent is
what was answered.
"""

import os
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from notification_core.domain.due import WakeUp
from notification_core.domain.errors import OptedOut
from notification_core.domain.status import Status
from notification_core.usecases.sending.change import ChangeResult
from notification_core.usecases.sending.changed_content import Changes
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model import rest
from tests.model.stepper import Actor, Fate
from tests.model.stories_changes import TEXT, later
from tests.model.storyteller import NEWS, Story
from tests.model.worlds import in_memory

ROUNDS = int(os.environ.get("RACES", "100"))

#: The least share of each outcome.
LEAST = 0.1


class Race:
    """One notification, which is changed while something else happens to it."""

    def __init__(self, seed: int, rival: str) -> None:
        self.random = Random(seed)
        self.story = Story(in_memory)
        self.stage = self.story.stage
        self.turn: WakeUp | None = None  #: that a move ends
        self.begin = getattr(self, f"begin_{rival}")
        self.outcome: Callable[[Actor, Actor], str] = getattr(self, f"outcome_of_{rival}")

    def run(self) -> str:
        """Let both end, and everything come to rest; return who was first. Raises Violated."""
        try:
            rival: Actor = self.begin()
            changing = self.stage.patch(self.story.id, self.changes(), until=None)
            share = self.random.random()
            while changing.alive or rival.alive:
                turn = changing if self.random.random() < share else rival
                turn.step(Fate.DONE)
            outcome = self.outcome(changing, rival)
            self.stage.tidy()
            rest.come_to_rest(self.stage)
            return outcome
        finally:
            self.stage.close()

    def changes(self) -> Changes:
        moves: list[Changes] = [later(self.story), later(self.story, 20)]
        return self.random.choice([*moves, TEXT] if self.turn is None else moves)

    def begin_claim(self) -> Actor:
        return self.stage.deliver([wake_up_for(self.story.it)], until=None)

    def outcome_of_claim(self, changing: Actor, _consumer: Actor) -> str:
        result: ChangeResult = changing.result[0]
        return result.value

    def begin_cancel(self) -> Actor:
        return self.stage.cancel(self.story.id, until=None)

    def outcome_of_cancel(self, changing: Actor, cancelling: Actor) -> str:
        status = self.stage.real.notifications.get([self.story.id])[0]
        assert status is not None
        assert status.status is Status.CANCELLED
        assert cancelling.result[0].value == "cancelled"
        result: ChangeResult = changing.result[0]
        return result.value

    def begin_opt_out(self) -> Actor:
        return self.stage.say(NEWS, until="opt_outs.get")

    def outcome_of_opt_out(self, changing: Actor, _opting_out: Actor) -> str:
        if isinstance(changing.error, OptedOut):
            return "opted out"
        result: ChangeResult = changing.result[0]
        return result.value

    def begin_dispatch(self) -> Actor:
        """The dispatcher sees it, and nobody has enqueued it."""
        self.story.id = self.story.another(due=110)
        self.stage.watch.forward(seconds=30)
        self.turn = wake_up_for(self.story.it)
        return self.stage.dispatch(until=None)

    def outcome_of_dispatch(self, changing: Actor, _dispatcher: Actor) -> str:
        assert changing.result[0] is ChangeResult.CHANGED
        turns: list[WakeUp] = self.stage.queue.messages
        first = "enqueued" if self.turn in turns else "moved"
        return f"{first} first"


@pytest.mark.parametrize(
    ("rival", "outcomes"),
    [
        ("claim", {"changed", "too_late", "already_final"}),
        ("cancel", {"changed", "already_final"}),
        ("opt_out", {"changed", "opted out", "already_final"}),
        ("dispatch", {"enqueued first", "moved first"}),
    ],
)
def test_a_change_races_and_every_order_occurs(rival: str, outcomes: set[str]) -> None:
    counts = Counter(Race(seed, rival).run() for seed in range(ROUNDS))

    assert counts.keys() == outcomes
    assert min(counts.values()) >= LEAST * ROUNDS
