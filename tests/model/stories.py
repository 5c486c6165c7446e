"""The interleavings that matter most, told in order: what chance may take long to come upon.

Each is a course of events over the machine; the invariants judge it as they judge any other.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from notifications.domain.clock import from_epoch_ms
from notifications.domain.consent import category_scope
from notifications.domain.notification import Notification
from notifications.domain.outcome import (
    Confirmed,
    MayHaveGone,
    News,
    Outcome,
    Rejected,
    RetryLater,
    Throttled,
)
from notifications.usecases.enqueue import wake_up_of
from tests.model import rest
from tests.model.choices import END, a_draft
from tests.model.stage import Stage
from tests.model.stepper import Actor, Fate
from tests.model.worlds import RECORDS, MakeWorld

CLAIM, SEND, STORE = "notifications.claim", "provider.send", "notifications.advance"
NEWS = category_scope("news")
PLAIN: dict[str, Any] = {"policy": "at_least_once", "look_after": None, "names_attempts": True}


class Story:
    """One notification, of the category *news*, and what befalls it."""

    def __init__(self, world: MakeWorld, **module: Any) -> None:
        self.stage = Stage(world, **PLAIN | module)
        self.stage.create(a_draft(self.stage.watch.now, category="news", record=RECORDS[0]))
        [self.id] = self.stage.ledger.standing

    @property
    def it(self) -> Notification:
        """The notification as it stands."""
        return self.stage.ledger.standing[self.id]

    def taken(self, until: str = END, answer: Outcome | None = None) -> Actor:
        """Let a consumer have its message, once it is due."""
        stage, message = self.stage, wake_up_of(self.it)
        stage.watch.now = max(stage.watch.now, from_epoch_ms(message.due_at))
        stage.ledger.answer = answer
        return stage.deliver([message], until=until)

    def on(self, actor: Actor, place: str = END, fate: Fate = Fate.DONE) -> None:
        """Let one go on: to its end, or to a place and with a fate there."""
        actor.go_on(place)
        actor.step(fate)
        self.stage.tidy()

    def told(self, message: int, news: News, **how: Any) -> None:
        """Let the provider say something of the n-th message."""
        self.stage.tell(self.stage.ledger.calls_of(self.id)[message], news, **how)


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
    story.stage.watch.forward(seconds=1)
    story.taken()
    story.on(one)


@course()
def a_message_of_an_earlier_turn_comes_late(story: Story) -> None:
    first = wake_up_of(story.it)
    story.taken(answer=RetryLater("503"))
    story.stage.deliver([first])


@course()
def a_consumer_dies_after_it_sent(story: Story) -> None:
    story.on(story.taken(SEND), SEND, Fate.KILLED_AFTER)
    story.stage.watch.forward(seconds=80)
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
    no = story.stage.say(NEWS, until=STORE)
    story.on(consumer)
    story.on(no)


@course()
def a_no_is_written_down_and_its_writer_dies(story: Story) -> None:
    story.on(story.stage.say(NEWS, until=STORE), STORE, Fate.KILLED)
    story.taken()


@course()
def a_no_comes_while_it_is_being_sent(story: Story) -> None:
    consumer = story.taken(SEND)
    story.stage.say(NEWS)
    story.on(consumer)


@course()
def it_is_cancelled_while_it_is_claimed(story: Story) -> None:
    cancelling = story.stage.cancel(story.id, until=STORE)
    consumer = story.taken(SEND)
    story.on(cancelling)
    story.on(consumer)


@course()
def its_record_is_off(story: Story) -> None:
    story.stage.change(RECORDS[0], "off")
    story.taken()


@course()
def a_queue_refuses(story: Story) -> None:
    story.stage.create(a_draft(story.stage.watch.now, due=400, record=RECORDS[0]))
    story.stage.watch.forward(seconds=400)
    dispatcher = story.stage.dispatch(until="queues.send")
    story.on(dispatcher, "queues.send", Fate.FAILED)


@course()
def a_message_is_lost(story: Story) -> None:
    story.stage.dispatch(until=END)
    story.stage.queue.messages.clear()


@course()
def the_last_that_a_hasty_dispatcher_enqueued_is_lost(story: Story) -> None:
    """The cursor stands on it, and nothing comes after it."""
    story.stage.dispatch(hasty=True)
    story.stage.queue.messages.clear()


@course(policy="at_most_once", look_after=0)
def an_old_callback_comes_again(story: Story) -> None:
    for message in range(2):
        story.taken()
        story.told(message, Throttled("429", retry_after=1))
    consumer = story.taken(STORE)
    story.told(0, Throttled("429"))
    story.on(consumer)


@course(look_after=0)
def an_earlier_message_arrives_and_a_no_is_said_before_the_next_goes(story: Story) -> None:
    story.taken(answer=MayHaveGone("read-timeout"))
    story.stage.ledger.calls_of(story.id)[0].taken = True
    consumer = story.taken(SEND)
    story.told(0, Confirmed())
    no = story.stage.say(NEWS, until="the end of its sleep")
    story.on(consumer)
    story.on(no)


@course(look_after=0, names_attempts=False)
def an_earlier_message_fails_while_the_next_goes_and_no_report_names_its_attempt(
    story: Story,
) -> None:
    story.taken(answer=MayHaveGone("read-timeout"))
    story.stage.ledger.calls_of(story.id)[0].taken = True
    consumer = story.taken(SEND)
    story.told(0, Rejected("30007"))
    no = story.stage.say(NEWS, until="the end of its sleep")
    story.on(consumer)
    story.told(1, Confirmed())
    story.on(no)


@course(look_after=0)
def a_slow_clock_puts_it_back(story: Story) -> None:
    consumer = story.taken(STORE)
    slow = timedelta(seconds=-2)
    story.told(0, Throttled("429", retry_after=1), skew=slow)
    story.on(consumer)


@course(policy="at_most_once")
def what_may_have_gone_is_redriven(story: Story) -> None:
    story.taken(answer=MayHaveGone("read-timeout"))
    for risk in (False, True):
        story.stage.redrive([story.id], include_uncertain=risk)


@course()
def what_failed_is_redriven_at_once(story: Story) -> None:
    """Its turn is just the one that it had before: only the token tells the two claims apart."""
    late = story.taken(STORE, RetryLater("503"))
    story.on(late, STORE, Fate.KILLED_LATE)
    story.stage.bury(wake_up_of(story.it))
    story.stage.redrive([story.id], include_uncertain=False)


def tell(world: MakeWorld, name: str) -> None:
    """Tell one, and let it come to rest. Raises Violated."""
    module, events = STORIES[name]
    story = Story(world, **module)
    try:
        events(story)
        rest.come_to_rest(story.stage)
    finally:
        story.stage.close()
