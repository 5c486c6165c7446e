"""Stories of a target with a pace, and of a content that cannot be read."""

from datetime import timedelta
from itertools import pairwise

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.status import Status
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model.consumers import CONTAINERS
from tests.model.storyteller import SEND, Story, course
from tests.model.worlds import USER

#: Seconds between two sends of one container, at a tenth a second.
EACH = CONTAINERS / 0.1


def consume_what_is_due(story: Story) -> None:
    """Let one container have all messages that it is time for; the rest stays on the queue."""
    stage = story.stage
    now = to_epoch_ms(stage.watch.now + timedelta(seconds=1))
    due = [each for each in stage.queue.messages if each.due_at <= now]
    stage.queue.messages = [each for each in stage.queue.messages if each.due_at > now]
    if due:
        stage.deliver(sorted({*due}))
    stage.watch.forward(seconds=1)


@course(per_second=0.1)
def more_waits_than_one_run_can_send(story: Story) -> None:
    """What there was no time for is sent by later runs, at the target's pace."""
    burst = [story.id, *(story.another(max_retries=1) for _ in range(5))]
    began = story.stage.watch.now
    while story.stage.watch.now < began + timedelta(seconds=EACH * len(burst) * 2):
        consume_what_is_due(story)
    stored = story.stage.real.notifications.get(burst)
    waiting = [each.id for each in stored if each and not each.is_final]
    story.must(not waiting, f"{len(waiting)} of {len(burst)} still wait")


@course(per_second=0.1)
def the_pace_is_kept(story: Story) -> None:
    """No two sends of one container are closer than its share."""
    others = [story.another() for _ in range(2)]
    standing = story.stage.ledger.standing
    batch: list[WakeUp] = [wake_up_for(standing[each]) for each in (story.id, *others)]
    moments = []
    consumer = story.stage.deliver(batch, until=SEND)
    while consumer.alive:
        moments.append(story.stage.watch.now)
        story.on(consumer, SEND)
        consumer.go_on(SEND)
    gaps = [after - before for before, after in pairwise(moments)]
    story.must(gaps, "several were sent")
    story.must(min(gaps) >= timedelta(seconds=EACH), f"sends are {EACH} s apart: {gaps}")


@course(per_second=0.1)
def it_expires_while_it_waits_for_the_pace(story: Story) -> None:
    standing = story.stage.ledger.standing
    others = [story.another(before=10) for _ in range(2)]
    story.stage.deliver([wake_up_for(standing[each]) for each in (story.id, *others)])


@course()
def one_content_is_gone(story: Story) -> None:
    """The others of its lane go at once, and it ends."""
    stage, others = story.stage, [story.id, story.another()]
    story.id = story.another(body="large" * 40_000)
    stage.real.contents.delete_batch(USER)
    standing = stage.ledger.standing
    stage.deliver([wake_up_for(standing[each]) for each in (story.id, *others)])
    went = {standing[each].status for each in others}
    story.must(went == {Status.DELIVERED}, f"those with a content went: {went}")
    story.must(story.it.is_final, "one without a content ends")
