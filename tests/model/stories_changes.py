"""Stories of a caller's changes."""

from datetime import timedelta

from notification_core.domain.failures import OutcomeUnknown, RetryLater
from notification_core.domain.status import Status
from notification_core.usecases.sending.changed_content import Changes
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model.choices import END
from tests.model.stepper import Fate
from tests.model.storyteller import CLAIM, NEWS, SEND, STORE, Story, course

TEXT: Changes = {"title": "new", "body": "another body"}


def later(story: Story, seconds: int = 300) -> Changes:
    """Move it, and give it another text."""
    return {"scheduled_delivery": story.stage.watch.now + timedelta(seconds=seconds), **TEXT}


@course()
def it_is_moved_and_its_old_message_comes(story: Story) -> None:
    old = wake_up_for(story.it)
    story.stage.patch(story.id, later(story))
    story.stage.deliver([old])
    story.must(story.it.status is Status.SCHEDULED, "the old message claims nothing")


@course()
def it_is_changed_while_it_is_claimed(story: Story) -> None:
    changing = story.stage.patch(story.id, TEXT, until=STORE)
    consumer = story.taken(SEND)
    story.on(changing)
    story.on(consumer)


@course()
def it_is_claimed_just_after_it_was_changed(story: Story) -> None:
    consumer = story.taken(CLAIM)
    story.stage.patch(story.id, TEXT)
    story.on(consumer)


@course()
def it_is_moved_while_its_message_is_about_to_claim(story: Story) -> None:
    consumer = story.taken(CLAIM)
    story.stage.patch(story.id, later(story))
    story.on(consumer)
    story.must(story.it.status is Status.SCHEDULED, "the claim came too late")


@course()
def it_is_cancelled_while_it_is_changed(story: Story) -> None:
    changing = story.stage.patch(story.id, later(story), until=STORE)
    cancelling = story.stage.cancel(story.id, until=STORE)
    story.on(changing)
    story.on(cancelling)
    story.must(story.it.status is Status.CANCELLED, "both succeed, one after the other")


@course()
def a_no_comes_while_it_is_changed(story: Story) -> None:
    changing = story.stage.patch(story.id, later(story), until=STORE)
    story.stage.say(NEWS)
    story.on(changing)


@course()
def a_no_is_under_way_while_it_becomes_another_category(story: Story) -> None:
    no = story.stage.say(NEWS, until=STORE)
    story.stage.patch(story.id, {"category": "security"})
    story.on(no)
    story.must(story.it.status is Status.OPTED_OUT, "another category evades no opt-out")


@course()
def two_change_it_at_once(story: Story) -> None:
    one = story.stage.patch(story.id, {"body": "one"}, until=STORE)
    other = story.stage.patch(story.id, {"body": "other"}, until=STORE)
    story.on(one)
    story.on(other)


@course()
def the_answer_to_a_change_is_lost(story: Story) -> None:
    changing = story.stage.patch(story.id, later(story), until=STORE)
    story.finish(changing, STORE, Fate.UNDECIDED_DONE)


@course()
def a_change_is_offered_twice(story: Story) -> None:
    changing = story.stage.patch(story.id, TEXT, until=STORE)
    story.finish(changing, STORE, Fate.REPEATED)


@course()
def whoever_makes_it_sooner_dies_before_the_queue_has_it(story: Story) -> None:
    story.id = story.another(due=2000)
    changing = story.stage.patch(story.id, later(story, 20), until="queues.send")
    story.on(changing, "queues.send", Fate.KILLED)


@course()
def a_retry_is_moved_and_its_old_message_comes(story: Story) -> None:
    story.taken(answer=RetryLater("503"))
    old = wake_up_for(story.it)
    story.stage.patch(story.id, later(story))
    story.stage.watch.forward(seconds=100)
    story.stage.deliver([old])
    story.must(story.it.status is Status.RETRY, "the old message claims nothing")


@course()
def it_is_changed_while_its_user_is_erased(story: Story) -> None:
    """It is sent when the erasure begins, and waits again just before it is removed."""
    stage = story.stage
    story.id = story.another(category="security")
    consumer = story.taken(SEND)
    stage.erase()
    stage.work()
    stage.watch.forward(seconds=58)
    stage.provider.answer = RetryLater("503")
    story.on(consumer)
    story.must(story.it.status is Status.RETRY, "it waits again")
    changing = stage.patch(story.id, {"body": "large " * 100}, until="contents.put")
    for _ in range(4):
        stage.work()
        stage.watch.forward(seconds=6)
    story.on(changing)
    stage.watch.forward(seconds=20)
    while stage.queue.jobs:
        stage.work()
        stage.watch.forward(seconds=10)


@course()
def what_may_have_gone_is_changed(story: Story) -> None:
    story.taken(answer=OutcomeUnknown("read-timeout"))
    story.stage.patch(story.id, later(story), until=END)
