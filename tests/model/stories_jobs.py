"""Stories of jobs: redrives and erasures, and workers that share one."""

from datetime import timedelta

from notification_core.domain.failures import OutcomeUnknown, Rejected
from notification_core.domain.jobs import JobState
from notification_core.domain.status import FAILED
from notification_core.usecases.privacy.erasure import SETTLED
from tests.model.choices import a_draft
from tests.model.stepper import Actor, Fate
from tests.model.storyteller import STORE, Story, course
from tests.model.worlds import RECORDS, USER

PUT, REMOVE, OF_USER = "jobs.put", "notifications.remove", "notifications.list_by_user"


def at_work(story: Story, until: str) -> Actor:
    """Let a worker have the job's message, up to a place."""
    worker = story.stage.work(until=until)
    assert worker is not None
    return worker


@course(policy="at_most_once")
def what_may_have_gone_is_redriven(story: Story) -> None:
    story.taken(answer=OutcomeUnknown("read-timeout"))
    for risk in (False, True):
        story.stage.redrive([story.id], include_uncertain=risk)
        story.stage.work()


@course()
def a_redrive_is_not_answered_by_the_store(story: Story) -> None:
    story.taken(answer=Rejected("400"))
    story.stage.redrive([story.id], include_uncertain=False)
    story.finish(at_work(story, STORE), STORE, Fate.UNDECIDED)
    story.stage.work()
    story.must(story.it.status not in FAILED, "it is redriven")


@course()
def a_jobs_put_is_offered_again(story: Story) -> None:
    """Its only worker finds its own write, and goes on."""
    story.stage.erase()
    story.finish(at_work(story, PUT), PUT, Fate.REPEATED)


@course()
def two_workers_have_one_job(story: Story) -> None:
    story.stage.erase()
    story.stage.queue.jobs *= 2
    one = at_work(story, PUT)
    at_work(story, "its end")
    story.on(one)


def work_every_few_seconds(story: Story, times: int) -> None:
    """Let a worker come now and then; requests that take too long are ended."""
    for _ in range(times):
        story.stage.work()
        story.stage.watch.forward(seconds=8)
        story.stage.tidy()


@course()
def a_request_is_under_way_while_its_user_is_erased(story: Story) -> None:
    """It has read everything before, and writes after a first pass has found nothing."""
    stage = story.stage
    draft = a_draft(stage.watch.now, due=3600, record=RECORDS[0])
    creator = stage.create(draft, until="notifications.create")
    for record in RECORDS:
        stage.change(record, "remove")
    stage.erase()
    stage.ports.notifications.remove([story.it])
    work_every_few_seconds(story, 3)
    story.on(creator)
    work_to_the_end(story)


@course()
def an_address_is_added_while_its_user_is_erased(story: Story) -> None:
    """A request to it may come as late as one to those that there were before."""
    stage = story.stage
    adding = stage.register("2000", until="records.add")
    stage.erase()
    stage.work()
    stage.watch.forward(seconds=25)
    story.on(adding)
    stage.watch.forward(seconds=(SETTLED - timedelta(seconds=27)).total_seconds())
    [added] = [each.id for each in stage.real.records.list_by_user(USER)]
    draft = a_draft(stage.watch.now, due=3600, record=added, category="security")
    creator = stage.create(draft, until="notifications.create")
    stage.watch.forward(seconds=3)
    work_every_few_seconds(story, 2)
    story.on(creator)
    work_to_the_end(story)


def work_to_the_end(story: Story) -> None:
    """Let workers come until the jobs are done, or for ten minutes."""
    stage = story.stage
    end = stage.watch.now + timedelta(minutes=10)
    while stage.queue.jobs and stage.watch.now < end:
        stage.work()
        stage.watch.forward(seconds=10)
    states = {each.state for each in stage.jobs}
    story.must(states == {JobState.DONE}, f"the jobs are done: {states}")
