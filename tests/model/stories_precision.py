"""Stories of both precisions: nothing is early, and nothing is handed back for ever."""

from datetime import timedelta

from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.status import Status
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model.storyteller import Story, course

SLEEP = "the end of its sleep"
#: How often a message may come before it is taken: clocks differ by up to two seconds here.
TURNS = 3


def consume_when_it_comes(story: Story, notification_id: str, skew: timedelta) -> None:
    """Hand one over whenever its message comes, until it has gone."""
    stage, standing = story.stage, story.stage.ledger.standing
    message = wake_up_for(standing[notification_id])
    for _ in range(TURNS):
        if standing[notification_id].status is Status.DELIVERED:
            return
        delay = stage.queue.delays.pop(message, None)
        if delay is None:
            story.must(be_so=False, what="a message is on its way until it has gone")
            return
        stage.watch.forward(seconds=delay)
        stage.deliver([message], container=1, skew=skew)
    gone = standing[notification_id].status is Status.DELIVERED
    story.must(gone, f"it goes when its message has come {TURNS} times")


@course()
def its_consumer_is_behind_its_creator(story: Story) -> None:
    consume_when_it_comes(story, story.another(due=5), timedelta(seconds=-2))


@course(precision="exact")
def the_consumer_of_an_exact_one_is_behind_its_creator(story: Story) -> None:
    consume_when_it_comes(story, story.another(due=5), timedelta(seconds=-2))


@course(precision="exact")
def an_exact_one_is_sent_at_the_moment(story: Story) -> None:
    stage = story.stage
    exact = story.another(due=5)
    message = wake_up_for(stage.ledger.standing[exact])
    stage.watch.forward(seconds=stage.queue.delays[message])
    stage.deliver([message])
    attempted = stage.ledger.standing[exact].attempted_delivery
    story.must(attempted == from_epoch_ms(message.due_at), f"{attempted} is the moment")


@course(precision="exact")
def others_wait_for_exact_ones(story: Story) -> None:
    """Whoever is one too many hands back what is early, and not for long."""
    stage = story.stage
    first, second = story.another(due=5), story.another(due=5)
    stage.watch.forward(seconds=3)
    stage.queue.in_progress += 1  # another one that waits
    waiting = stage.deliver([wake_up_for(stage.ledger.standing[first])], until=SLEEP)
    story.must(waiting.alive and waiting.at == SLEEP, "the first one waits")
    handed_back = stage.deliver([wake_up_for(stage.ledger.standing[second])], container=1)
    stage.queue.in_progress -= 1
    story.must(not handed_back.alive, "the second one does not wait")
    consume_when_it_comes(story, second, timedelta(0))
