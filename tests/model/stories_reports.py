"""Stories of what a provider says: of earlier messages, in any order, or never."""

from datetime import timedelta

from notification_core.domain.delivery import Confirmed
from notification_core.domain.failures import InvalidAddress, Rejected, RetryLater, Throttled
from notification_core.domain.status import Status
from tests.model.stepper import Fate
from tests.model.storyteller import NEWS, SEND, STORE, Story, course


def cut(story: Story) -> None:
    """The provider takes it, and its answer is lost."""
    story.finish(story.taken(SEND), SEND, Fate.LOST)


@course(policy="at_most_once", poll_after=0)
def an_old_callback_comes_again(story: Story) -> None:
    for message in range(2):
        story.taken()
        story.told(message, Throttled("429", retry_after=1))
    consumer = story.taken(STORE)
    story.told(0, Throttled("429"))
    story.on(consumer)


@course(poll_after=0)
def a_slow_clock_puts_it_back(story: Story) -> None:
    consumer = story.taken(STORE)
    slow = timedelta(seconds=-2)
    story.told(0, Throttled("429", retry_after=1), skew=slow)
    story.on(consumer)


@course(poll_after=0)
def an_earlier_message_is_confirmed_before_a_no(story: Story) -> None:
    cut(story)
    consumer = story.taken(SEND)
    story.told(0, Confirmed())
    story.stage.say(NEWS)
    story.on(consumer)


@course(poll_after=0, names_attempts=False)
def one_that_names_no_attempt_is_confirmed_before_a_no(story: Story) -> None:
    cut(story)
    consumer = story.taken(SEND)
    story.told(0, Confirmed())
    story.stage.say(NEWS)
    story.on(consumer)


@course(poll_after=0)
def an_earlier_message_arrives_and_the_next_attempt_fails(story: Story) -> None:
    cut(story)
    consumer = story.taken(SEND)
    story.told(0, Confirmed())
    story.stage.provider.answer = Rejected("400")
    story.on(consumer)


@course(poll_after=0, names_attempts=False)
def an_earlier_message_bounces_while_the_next_goes(story: Story) -> None:
    cut(story)
    consumer = story.taken(SEND)
    story.told(0, InvalidAddress("bounce"))
    story.on(consumer)
    story.told(1, Confirmed())


@course(poll_after=0, names_attempts=False)
def an_earlier_message_is_refused_for_now_while_the_next_goes(story: Story) -> None:
    cut(story)
    consumer = story.taken(SEND)
    story.told(0, RetryLater("452"))
    story.on(consumer)
    story.told(1, Confirmed())


@course(poll_after=0)
def an_earlier_message_fails_while_the_next_goes(story: Story) -> None:
    cut(story)
    consumer = story.taken(SEND)
    story.told(0, Rejected("30007"))
    story.on(consumer)
    story.told(1, Confirmed())


@course(poll_after=0)
def an_earlier_message_fails_after_the_next_went(story: Story) -> None:
    cut(story)
    story.taken()
    story.told(0, Rejected("30007"))
    story.told(1, Confirmed())


@course(poll_after=0)
def of_two_doubtful_messages_the_first_failed(story: Story) -> None:
    cut(story)
    cut(story)
    story.told(0, Rejected("30007"))
    story.told(1, Confirmed())


@course(poll_after=0, names_attempts=False)
def of_two_doubtful_messages_one_failed_and_nobody_says_which(story: Story) -> None:
    cut(story)
    cut(story)
    story.told(0, Rejected("30007"))
    story.told(1, Confirmed())


@course(poll_after=0)
def of_two_doubtful_messages_the_second_failed(story: Story) -> None:
    cut(story)
    cut(story)
    story.told(1, Rejected("30007"))
    story.told(0, Confirmed())


@course(poll_after=0)
def the_doubtful_one_arrives_after_the_next_was_refused(story: Story) -> None:
    cut(story)
    story.taken(answer=Rejected("400"))
    story.told(0, Confirmed())


@course(poll_after=0)
def the_doubtful_one_arrives_and_then_the_next_fails(story: Story) -> None:
    cut(story)
    story.taken()
    story.told(0, Confirmed())
    story.told(1, Rejected("30007"))


@course(poll_after=0)
def the_doubtful_one_had_gone(story: Story) -> None:
    """It waits for its next attempt, and must not be sent again."""
    cut(story)
    story.told(0, Confirmed())
    story.must(story.it.status is Status.DELIVERED, "the provider said that it was delivered")


@course(poll_after=60)
def there_is_no_time_to_ask(story: Story) -> None:
    """Each look comes in a batch whose time is over: nobody has been asked."""
    story.taken()
    story.stage.provider.calls[0].end(Confirmed())
    for _ in range(12):
        if story.it.is_final:
            break
        batch_with_no_time_left(story, story.another())


def batch_with_no_time_left(story: Story, first: str) -> None:
    """Let a consumer have a send that takes all its time, and a look after it."""
    stage = story.stage
    both = [each for each in stage.messages if each.id in {first, story.id}]
    latest = {each.id: each for each in both}
    stage.watch.now = max(stage.watch.now, story.it.due_at or stage.watch.now)
    consumer = stage.deliver([*latest.values()], until=SEND)
    stage.watch.forward(seconds=50)
    stage.tidy()
    story.on(consumer)


@course(poll_after=60)
def the_last_look_gets_no_answer(story: Story) -> None:
    story.taken()
    story.stage.provider.calls[0].end(Confirmed())
    for _ in range(12):
        if story.it.is_final:
            break
        story.finish(story.taken("provider.look"), "provider.look", Fate.FAILED)


@course()
def what_may_have_gone_spends_one_of_two(story: Story) -> None:
    """Two attempts are allowed: the doubtful one and one more."""
    story.id = story.another(max_retries=2)
    story.finish(story.taken(SEND), SEND, Fate.LOST)
    story.taken(answer=RetryLater("503"))
    if not story.it.is_final:
        story.taken(answer=RetryLater("503"))
