"""The interleavings that matter most, told in order: what chance may take long to come upon.

Each is a course of events over the machine; the invariants judge it as they judge any other.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from notifications.domain.consent import category_scope
from notifications.domain.notification import Notification
from notifications.domain.outcome import MayHaveGone, News, Outcome, RetryLater, Throttled
from notifications.usecases.enqueue import wake_up_of
from tests.model.machine import END, Machine
from tests.model.stepper import Actor, Fate
from tests.model.worlds import RECORDS, MakeWorld

CLAIM, SEND, STORE = "notifications.claim", "provider.send", "notifications.advance"
NEWS = category_scope("news")
PLAIN: dict[str, Any] = {"policy": "at_least_once", "confirmation": None, "names_attempts": True}


class Story:
    """One notification, of the category *news*, and what befalls it."""

    def __init__(self, world: MakeWorld, **module: Any) -> None:
        class Told(Machine):
            make_world = staticmethod(world)

        self.machine = Told()
        self.machine.deploy(**PLAIN | module)
        self.id = self.machine.notifications[0].id

    @property
    def it(self) -> Notification:
        """The notification as it stands."""
        return self.machine.ledger.standing[self.id]

    def taken(
        self, until: str = END, answer: Outcome | None = None, of: Notification | None = None
    ) -> Actor:
        """Let a consumer have its message, once it is due."""
        machine, turn = self.machine, (of or self.it).due_at
        if turn is None:
            raise ValueError("it is final")
        machine.watch.now = max(machine.watch.now, turn)
        machine.ledger.answer = answer
        return machine.deliver([wake_up_of(of or self.it)], until=until)

    def on(self, actor: Actor, until: str = "", fate: Fate = Fate.DONE) -> None:
        """Let one go on: to its end, or to a place and with a fate there."""
        actor.go_on(until or END)
        actor.step(fate)
        self.machine.tidy()

    def told(self, message: int, news: Callable[[], News], **how: Any) -> None:
        """Let the provider say something of the n-th message."""
        calls = self.machine.ledger.calls_of(self.id)
        self.machine.hear_of(calls[message], news, **how)


def two_consumers_have_one_message(world: MakeWorld) -> Story:
    story = Story(world)
    one = story.taken(SEND)
    story.machine.wait(1)
    story.taken()
    story.on(one)
    return story


def a_message_of_an_earlier_turn_comes_late(world: MakeWorld) -> Story:
    story = Story(world)
    first = story.it
    story.taken(answer=RetryLater("503"))
    story.taken(of=first)
    return story


def a_consumer_dies_after_it_sent(world: MakeWorld) -> Story:
    story = Story(world)
    story.on(story.taken(SEND), SEND, Fate.KILLED_AFTER)
    story.machine.wait(80)
    story.taken()
    return story


def nobody_can_tell_twice(world: MakeWorld) -> Story:
    story = Story(world)
    for _ in range(2):
        story.taken(answer=MayHaveGone("read-timeout"))
    return story


def nobody_can_tell_at_most_once(world: MakeWorld) -> Story:
    story = Story(world, policy="at_most_once")
    story.taken(answer=MayHaveGone("read-timeout"))
    return story


def a_no_comes_between_claim_and_check(world: MakeWorld) -> Story:
    story = Story(world)
    consumer = story.taken(CLAIM)
    no = story.machine.say(NEWS, active=True, until=STORE)
    story.on(consumer)
    story.on(no)
    return story


def a_no_is_written_down_and_its_writer_dies(world: MakeWorld) -> Story:
    story = Story(world)
    story.on(story.machine.say(NEWS, active=True, until=STORE), STORE, Fate.KILLED)
    story.taken()
    return story


def a_no_comes_while_it_is_being_sent(world: MakeWorld) -> Story:
    story = Story(world)
    consumer = story.taken(SEND)
    story.machine.say(NEWS, active=True)
    story.on(consumer)
    return story


def it_is_cancelled_while_it_is_claimed(world: MakeWorld) -> Story:
    story = Story(world)
    place = [each.id for each in reversed(story.machine.notifications)].index(story.id)
    cancelling = story.machine.cancel(place, STORE)
    consumer = story.taken(SEND)
    story.on(cancelling)
    story.on(consumer)
    return story


def its_record_is_off(world: MakeWorld) -> Story:
    story = Story(world)
    for record in RECORDS:
        story.machine.change(record, "off")
    story.taken()
    return story


def a_queue_refuses(world: MakeWorld) -> Story:
    story = Story(world)
    story.machine.create(
        None, 400, None, END, category=None, record=RECORDS[0], max_retries=1
    )
    story.machine.wait(400)
    dispatcher = story.machine.tick(until="queues.send")
    story.on(dispatcher, "queues.send", Fate.FAILED)
    return story


def a_message_is_lost(world: MakeWorld) -> Story:
    story = Story(world)
    story.machine.tick(until=END)
    story.machine.queue.messages.clear()
    return story


def an_old_callback_comes_again(world: MakeWorld) -> Story:
    story = Story(world, policy="at_most_once", confirmation="tells")
    for message in range(2):
        story.taken()
        story.told(message, lambda: Throttled("429", retry_after=1))
    consumer = story.taken(STORE)
    story.told(0, lambda: Throttled("429"))
    story.on(consumer)
    return story


def a_slow_clock_puts_it_back(world: MakeWorld) -> Story:
    story = Story(world, confirmation="tells")
    consumer = story.taken(STORE)
    slow = timedelta(seconds=-2)
    story.told(0, lambda: Throttled("429", retry_after=1), skew=slow)
    story.on(consumer)
    return story


STORIES: list[Callable[[MakeWorld], Story]] = [
    two_consumers_have_one_message,
    a_message_of_an_earlier_turn_comes_late,
    a_consumer_dies_after_it_sent,
    nobody_can_tell_twice,
    nobody_can_tell_at_most_once,
    a_no_comes_between_claim_and_check,
    a_no_is_written_down_and_its_writer_dies,
    a_no_comes_while_it_is_being_sent,
    it_is_cancelled_while_it_is_claimed,
    its_record_is_off,
    a_queue_refuses,
    a_message_is_lost,
    an_old_callback_comes_again,
    a_slow_clock_puts_it_back,
]


def tell(world: MakeWorld, story: Callable[[MakeWorld], Story]) -> Story:
    """Tell one and let it come to rest. Raises Violated."""
    told = story(world)
    told.machine.teardown()
    return told
