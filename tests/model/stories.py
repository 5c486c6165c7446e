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
from tests.model import rest
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


Course = Callable[[Story], None]

#: Each with what is special about its module.
STORIES: dict[str, tuple[dict[str, Any], Course]] = {}


def course(**module: Any) -> Callable[[Course], Course]:
    """Put a course of events among the stories."""

    def put(events: Course) -> Course:
        STORIES[events.__name__] = module, events
        return events

    return put


@course()
def two_consumers_have_one_message(story: Story) -> None:
    one = story.taken(SEND)
    story.machine.wait(1)
    story.taken()
    story.on(one)


@course()
def a_message_of_an_earlier_turn_comes_late(story: Story) -> None:
    first = story.it
    story.taken(answer=RetryLater("503"))
    story.taken(of=first)


@course()
def a_consumer_dies_after_it_sent(story: Story) -> None:
    story.on(story.taken(SEND), SEND, Fate.KILLED_AFTER)
    story.machine.wait(80)
    story.taken()


@course()
def nobody_can_tell_twice(story: Story) -> None:
    for _ in range(2):
        story.taken(answer=MayHaveGone("read-timeout"))


@course(policy="at_most_once")
def nobody_can_tell_at_most_once(story: Story) -> None:
    story.taken(answer=MayHaveGone("read-timeout"))


@course()
def a_no_comes_between_claim_and_check(story: Story) -> None:
    consumer = story.taken(CLAIM)
    no = story.machine.say(NEWS, active=True, until=STORE)
    story.on(consumer)
    story.on(no)


@course()
def a_no_is_written_down_and_its_writer_dies(story: Story) -> None:
    story.on(story.machine.say(NEWS, active=True, until=STORE), STORE, Fate.KILLED)
    story.taken()


@course()
def a_no_comes_while_it_is_being_sent(story: Story) -> None:
    consumer = story.taken(SEND)
    story.machine.say(NEWS, active=True)
    story.on(consumer)


@course()
def it_is_cancelled_while_it_is_claimed(story: Story) -> None:
    place = [each.id for each in reversed(story.machine.notifications)].index(story.id)
    cancelling = story.machine.cancel(place, STORE)
    consumer = story.taken(SEND)
    story.on(cancelling)
    story.on(consumer)


@course()
def its_record_is_off(story: Story) -> None:
    for record in RECORDS:
        story.machine.change(record, "off")
    story.taken()


@course()
def a_queue_refuses(story: Story) -> None:
    story.machine.create(None, 400, None, END, category=None, record=RECORDS[0], max_retries=1)
    story.machine.wait(400)
    dispatcher = story.machine.dispatch(until="queues.send")
    story.on(dispatcher, "queues.send", Fate.FAILED)


@course()
def a_message_is_lost(story: Story) -> None:
    story.machine.dispatch(until=END)
    story.machine.queue.messages.clear()


@course(policy="at_most_once", confirmation="tells")
def an_old_callback_comes_again(story: Story) -> None:
    for message in range(2):
        story.taken()
        story.told(message, lambda: Throttled("429", retry_after=1))
    consumer = story.taken(STORE)
    story.told(0, lambda: Throttled("429"))
    story.on(consumer)


@course(confirmation="tells")
def a_slow_clock_puts_it_back(story: Story) -> None:
    consumer = story.taken(STORE)
    slow = timedelta(seconds=-2)
    story.told(0, lambda: Throttled("429", retry_after=1), skew=slow)
    story.on(consumer)


def tell(world: MakeWorld, name: str) -> None:
    """Tell one, and let it come to rest. Raises Violated."""
    module, events = STORIES[name]
    story = Story(world, **module)
    try:
        events(story)
        rest.come_to_rest(story.machine)
    finally:
        story.machine.close()
