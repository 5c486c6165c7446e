"""Stories of claims, messages and the dispatcher."""

from notification_core.domain.failures import OutcomeUnknown, RetryLater
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model.choices import END, a_draft
from tests.model.stepper import Fate
from tests.model.storyteller import CLAIM, NEWS, SEND, STORE, Story, course
from tests.model.worlds import RECORDS


@course()
def two_consumers_have_one_message(story: Story) -> None:
    one = story.taken(SEND)
    story.stage.watch.forward(seconds=1)
    story.taken()
    story.on(one)


@course()
def a_message_of_an_earlier_turn_comes_late(story: Story) -> None:
    first = wake_up_for(story.it)
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
        story.taken(answer=OutcomeUnknown("read-timeout"))


@course(policy="at_most_once")
def nobody_can_tell_at_most_once(story: Story) -> None:
    story.taken(answer=OutcomeUnknown("read-timeout"))


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
    story.finish(dispatcher, "queues.send", Fate.FAILED)


@course()
def a_message_is_lost(story: Story) -> None:
    story.stage.dispatch(until=END)
    story.stage.queue.messages.clear()


@course()
def the_last_that_a_hasty_dispatcher_enqueued_is_lost(story: Story) -> None:
    """The cursor stands on it, and nothing comes after it."""
    story.stage.dispatch(hasty=True)
    story.stage.queue.messages.clear()


@course()
def what_failed_is_redriven_at_once(story: Story) -> None:
    """Its turn is just the one that it had before: only the token tells the two claims apart."""
    late = story.taken(STORE, RetryLater("503"))
    story.on(late, STORE, Fate.KILLED_LATE)
    story.stage.mark_dead_letter(wake_up_for(story.it))
    story.stage.redrive([story.id], include_uncertain=False)
    story.stage.work()


@course()
def a_consumer_takes_nearly_all_its_time(story: Story) -> None:
    """Its lease outlasts it, so nobody settles its attempt meanwhile."""
    slow, message = story.taken(SEND), wake_up_for(story.it)
    story.stage.watch.forward(seconds=55)
    story.stage.deliver([message])
    story.on(slow)


@course()
def a_message_comes_a_second_early(story: Story) -> None:
    story.id = story.another(due=1)
    story.stage.deliver([wake_up_for(story.it)])


@course()
def a_message_is_given_up_while_it_is_being_sent(story: Story) -> None:
    consumer = story.taken(SEND)
    story.stage.mark_dead_letter(wake_up_for(story.it))
    story.on(consumer)


@course()
def it_is_too_late(story: Story) -> None:
    story.id = story.another(before=30)
    story.stage.watch.forward(seconds=60)
    story.taken()
