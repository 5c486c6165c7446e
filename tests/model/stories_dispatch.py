"""Stories of the dispatcher: on time though an index lags, and never waiting for ever."""

from datetime import timedelta

from notification_core.domain.failures import Throttled
from notification_core.domain.timing import LOOK_AHEAD
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model.choices import a_draft
from tests.model.stepper import Fate
from tests.model.storyteller import Story, course
from tests.model.worlds import MOST_SHARDS, RECORDS, SHARDS


@course(lag=14)
def the_dispatcher_comes_before_the_index_shows_it(story: Story) -> None:
    """Its cursor passes the place of what it cannot see yet: the creator has sent the message."""
    seconds = int(LOOK_AHEAD.total_seconds())
    for _ in range(6):  # some of each shard, which the cursor goes to
        story.another(due=seconds + 25)
    story.stage.watch.forward(seconds=20)
    story.id = story.another(due=seconds + 4)
    story.stage.watch.forward(seconds=10)
    story.stage.dispatch()
    story.stage.watch.forward(seconds=60)
    story.stage.dispatch()
    story.must_be_on_its_way()


@course()
def it_is_put_back_for_soon(story: Story) -> None:
    story.stage.dispatch()
    story.stage.queue.messages.clear()
    story.taken(answer=Throttled("429", retry_after=5))
    story.must_be_on_its_way()


@course()
def a_creator_dies_and_the_queue_is_always_deep(story: Story) -> None:
    """Others' messages are no reason to forget it."""
    stage = story.stage
    stage.queue.others = 100_000
    stage.dispatch()
    dying = a_draft(stage.watch.now, record=RECORDS[0])
    known = {*stage.ledger.standing}
    story.on(stage.create(dying, until="queues.send"), "queues.send", Fate.KILLED)
    [story.id] = {*stage.ledger.standing} - known
    stage.queue.messages.clear()
    expected = wake_up_for(story.it)
    end = stage.watch.now + timedelta(hours=1)
    while expected not in stage.queue.messages and stage.watch.now < end:
        stage.watch.forward(seconds=60)
        stage.dispatch()
    story.must_be_on_its_way()


@course()
def the_shards_are_doubled_and_rolled_back(story: Story) -> None:
    """What was written to a shard that is no more is still asked for."""
    stage = story.stage
    stage.deploy(MOST_SHARDS)
    stage.dispatch()
    ids = [story.another(due=600) for _ in range(6)]
    stage.deploy(SHARDS)
    stage.watch.forward(seconds=600)
    stage.dispatch()
    enqueued = {each.id for each in stage.queue.messages}
    story.must({*ids} <= enqueued, f"all of {ids} are enqueued")


@course()
def nobody_waits_for_the_sweep_in_a_deep_queue(story: Story) -> None:
    """A put-back whose message the queue refused is found as well."""
    stage = story.stage
    consumer = story.taken("queues.send", Throttled("429", retry_after=5))
    story.finish(consumer, "queues.send", Fate.FAILED)
    stage.queue.messages.clear()
    stage.dispatch()
    stage.queue.messages.clear()
    stage.queue.others = 100_000
    expected = wake_up_for(story.it)
    end = stage.watch.now + timedelta(hours=1)
    while expected not in stage.queue.messages and stage.watch.now < end:
        stage.watch.forward(seconds=60)
        stage.dispatch()
    story.must_be_on_its_way()
