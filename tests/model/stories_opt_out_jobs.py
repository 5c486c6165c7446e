"""Stories of a no of a user with more notifications than a request may read."""

from notification_core.domain.jobs import JobState
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from tests.model.stepper import Actor, Fate
from tests.model.storyteller import NEWS, SEND, STORE, Story, course
from tests.model.worlds import WEEK

PUT, WORK_ON = "jobs.put", "queues.enqueue_job"

#: More than the pages of a request hold (`worlds.made_predictable`).
MUCH = 9


def with_much(story: Story) -> list[str]:
    """Add so many that are due in a week; the story's own is the oldest, and none is recent."""
    ids = [story.another(due=WEEK) for _ in range(MUCH)]
    story.stage.watch.forward(seconds=60)
    return ids


def refused(story: Story) -> Actor:
    """Let the user say no; what is left is a job's."""
    no = story.stage.say(NEWS)
    story.must(no.error is None and no.result.job is not None, f"a job has the rest: {no.error!r}")
    return no


def works(story: Story, seconds: int = 10) -> None:
    """Let a worker come every second for a while, or until the jobs are done."""
    for _ in range(seconds):
        if not story.stage.queue.jobs:
            return
        story.stage.work()
        story.stage.watch.forward(seconds=1)


def its_jobs_end(story: Story) -> None:
    works(story, 100)
    states = {each.state for each in story.stage.jobs}
    story.must(states == {JobState.DONE}, f"the jobs are done: {states}")


def standing(story: Story, ids: list[str]) -> list[Notification]:
    return [story.stage.ledger.standing[each] for each in ids]


@course()
def a_no_to_much_is_done_by_a_job(story: Story) -> None:
    """And a week later nothing of it goes."""
    ids = with_much(story)
    refused(story)
    its_jobs_end(story)
    story.must(
        {each.status for each in standing(story, [story.id, *ids])} == {Status.OPTED_OUT},
        "all that waited is ended",
    )


@course()
def what_is_sent_when_a_request_has_read_enough_is_waited_for(story: Story) -> None:
    """It is on a page that the request has read, behind those that are read once more."""
    with_much(story)
    story.id = story.another()
    for _ in range(3):
        story.another(due=WEEK)
    story.stage.watch.forward(seconds=60)
    consumer = story.taken(SEND)
    refused(story)
    works(story)
    story.on(consumer)
    its_jobs_end(story)


@course()
def what_is_sent_where_no_request_reads_is_waited_for(story: Story) -> None:
    with_much(story)
    consumer = story.taken(SEND)
    refused(story)
    works(story)
    story.on(consumer)
    its_jobs_end(story)


@course(lag=1)
def a_no_to_much_comes_before_the_index_shows_the_latest(story: Story) -> None:
    with_much(story)
    story.stage.watch.forward(seconds=2)
    story.id = story.another()
    consumer = story.taken(SEND)
    refused(story)
    story.stage.work()
    story.stage.work()
    works(story)
    story.on(consumer)
    its_jobs_end(story)


@course()
def a_worker_dies_at_each_of_its_steps(story: Story) -> None:
    for _ in range(2):
        with_much(story)
    refused(story)
    for place in (PUT, STORE):
        for fate in (Fate.KILLED, Fate.KILLED_AFTER, Fate.KILLED_LATE, Fate.LOST):
            worker = story.stage.work(until=place)
            story.must(worker is not None and worker.alive, "a worker is at a step")
            if worker is not None:
                story.on(worker, place, fate)
            story.stage.watch.forward(seconds=1)
    its_jobs_end(story)


@course()
def a_yes_crosses_a_no_to_much(story: Story) -> None:
    """What was created before the no is not sent; what is created after the yes is."""
    ids = with_much(story)
    refused(story)
    story.stage.watch.forward(seconds=5)
    story.stage.say(NEWS, active=False)
    wanted = story.another(due=WEEK)
    its_jobs_end(story)
    story.must(
        {each.status for each in standing(story, [story.id, *ids])} == {Status.OPTED_OUT},
        "a yes restores nothing",
    )
    story.must(standing(story, [wanted])[0].is_waiting, "what is wanted waits")


@course()
def a_no_to_much_is_said_again_before_its_job_is_done(story: Story) -> None:
    with_much(story)
    refused(story)
    story.stage.work()
    story.stage.say(NEWS)
    its_jobs_end(story)


@course()
def the_queue_does_not_take_a_job(story: Story) -> None:
    """The dispatcher wakes it."""
    with_much(story)
    no = story.stage.say(NEWS, until=WORK_ON)
    story.finish(no, WORK_ON, Fate.FAILED)
    story.must(no.error is None, f"a no was answered with {no.error!r}")
    story.must(not story.stage.queue.jobs, "no message is on its way")


@course()
def a_user_with_much_is_erased_before_the_job_of_a_no_is_done(story: Story) -> None:
    with_much(story)
    refused(story)
    story.stage.erase()
    its_jobs_end(story)
