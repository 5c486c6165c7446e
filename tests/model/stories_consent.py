"""Stories of a user's no: heard by every door, and held whatever an index shows."""

from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.delivery import Complained
from notification_core.domain.failures import ConsentWithdrawn
from notification_core.domain.status import Status
from tests.model.choices import a_draft
from tests.model.stepper import Fate
from tests.model.storyteller import NEWS, SEND, STORE, Story, course
from tests.model.worlds import ADDRESSES, RECORDS, TARGET, USER

TARGETS = target_scope(TARGET)
PUT = "opt_outs.put"


@course(lag=1)
def a_no_comes_before_the_index_shows_it(story: Story) -> None:
    consumer = story.taken(SEND)
    no = story.stage.say(NEWS, until="the end of its sleep")
    while no.alive and consumer.alive:
        story.on(no, "the end of its sleep")
        story.stage.watch.forward(seconds=1)
    story.on(consumer)


@course(lag=1)
def a_no_misses_one_for_next_week_and_ends(story: Story) -> None:
    story.id = story.another(due=7 * 24 * 3600)
    story.stage.say(NEWS)
    story.stage.watch.forward(days=2)
    story.stage.say(NEWS, active=False)
    if not story.it.is_final:
        story.taken()


@course()
def a_creator_writes_after_the_no_has_listed(story: Story) -> None:
    """It had read the ledger before the no, which is over by the time that it is due."""
    stage = story.stage
    known = {*stage.ledger.standing}
    later = a_draft(stage.watch.now, due=7 * 24 * 3600, category="news", record=RECORDS[0])
    creator = stage.create(later, until="notifications.create")
    stage.watch.forward(seconds=1)
    stage.say(NEWS)
    story.on(creator)
    [story.id] = {*stage.ledger.standing} - known
    stage.watch.forward(days=2)
    stage.say(NEWS, active=False)
    story.taken()
    story.must(story.it.status is Status.OPTED_OUT, "a no that is over restores nothing")


@course()
def a_no_is_asked_while_a_dead_consumers_target_is_paused(story: Story) -> None:
    """Nobody settles its lease, and nobody sends under it: the no need not wait."""
    story.taken(SEND).kill()
    story.stage.tidy()
    story.stage.pause(paused=True)
    story.stage.watch.forward(seconds=80)
    no = story.stage.say(NEWS)
    story.must(no.error is None, f"a no was answered with {no.error!r}")
    story.stage.pause(paused=False)


@course()
def a_no_moves_under_its_hands(story: Story) -> None:
    """Its notification is put back between the listing and the write, and a yes follows."""
    no = story.stage.say(NEWS, until=STORE)
    consumer = story.taken("opt_outs.get")
    story.finish(consumer, "opt_outs.get", Fate.FAILED)
    story.on(no)
    story.stage.say(NEWS, active=False)
    if not story.it.is_final:
        story.taken()


@course()
def two_noes_are_said_at_once(story: Story) -> None:
    one = story.stage.say(NEWS, until=PUT)
    story.stage.say(TARGETS)
    story.on(one)


@course()
def nobody_can_read_the_ledger(story: Story) -> None:
    """It was written by somebody who died before anything was ended."""
    story.on(story.stage.say(NEWS, until=STORE), STORE, Fate.KILLED)
    consumer = story.taken("opt_outs.get")
    story.finish(consumer, "opt_outs.get", Fate.FAILED)


def with_a_full_ledger(story: Story, *, switched_on_again: bool = True) -> None:
    """A user of a preference page has switched a hundred categories off, and perhaps on again."""
    now = story.stage.watch.now
    entries = tuple(
        ConsentEntry(
            scope=category_scope(f"c{number}"), active=active, at=now, source=ConsentSource.API
        )
        for active in ([True, False] if switched_on_again else [True])
        for number in range(100)
    )
    full = OptOut(user=USER, entries=entries, created_at=now, updated_at=now)
    story.must(story.stage.real.opt_outs.put(full), "a full ledger is stored")


@course()
def a_stop_of_a_user_with_a_full_ledger(story: Story) -> None:
    with_a_full_ledger(story)
    no = story.stage.reply(ADDRESSES[0], TARGETS)
    story.must(no.error is None, f"a STOP was answered with {no.error!r}")


@course()
def a_stop_of_a_user_with_a_hundred_noes(story: Story) -> None:
    with_a_full_ledger(story, switched_on_again=False)
    no = story.stage.reply(ADDRESSES[0], TARGETS)
    story.must(no.error is None, f"a STOP was answered with {no.error!r}")


@course(poll_after=0)
def a_complaint_of_a_user_with_a_full_ledger(story: Story) -> None:
    with_a_full_ledger(story)
    story.taken()
    story.told(0, Complained("abuse"))


@course()
def a_refusal_of_a_user_with_a_full_ledger(story: Story) -> None:
    with_a_full_ledger(story)
    story.taken(answer=ConsentWithdrawn("21610"))
    story.must(story.stage.ledger.promises.is_opted_out(story.it), "a refusal was written down")


@course()
def a_stop_is_repeated_after_a_start(story: Story) -> None:
    stage = story.stage
    stage.reply(ADDRESSES[0], TARGETS, evidence="SM1")
    stage.reply(ADDRESSES[0], TARGETS, active=False, evidence="SM2")
    stage.reply(ADDRESSES[0], TARGETS, evidence="SM1")
    story.must(TARGETS not in stage.ledger.promises.scopes_of(USER), "the START holds")


@course()
def a_start_does_not_end_a_no_to_everything(story: Story) -> None:
    stage = story.stage
    stage.say(EVERYTHING)
    stage.reply(ADDRESSES[0], TARGETS, active=False)
    story.must(EVERYTHING in stage.ledger.promises.scopes_of(USER), "a no to everything holds")
