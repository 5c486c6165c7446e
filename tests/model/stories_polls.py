"""Stories of polls: what is sent together is looked at together, whoever dies in between."""

from notification_core.domain.delivery import Confirmed
from notification_core.domain.failures import ConsentWithdrawn, Throttled
from notification_core.domain.polls import Poll
from notification_core.domain.status import Status
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model import rest
from tests.model.stepper import Fate
from tests.model.storyteller import STORE, Story, course

ADD, MOVE, LOOK = "notifications.add_poll", "notifications.replace_poll", "provider.look"


def polled(story: Story, place: str = LOOK, fate: Fate = Fate.DONE) -> None:
    """Let a consumer have the message of the poll, with a fate at a place."""
    [poll] = polls(story)
    story.stage.watch.now = max(story.stage.watch.now, poll.due_at)
    actor = story.stage.deliver([wake_up_for(poll)], until=place)
    story.finish(actor, place, fate)


def polls(story: Story) -> list[Poll]:
    """Those that stand."""
    return [*story.stage.ledger.polls.values()]


def must_be_delivered(story: Story) -> None:
    """Let it run: what the provider has confirmed by now is found. Raises Violated."""
    for call in story.stage.provider.calls:
        call.end(Confirmed())
    rest.run(story.stage, rest.TICKS)
    story.must(story.it.status is Status.DELIVERED, "its provider would have said so")
    story.must(not polls(story), "the poll is over")


@course(poll_after=60, fewest=1)
def it_is_looked_at_under_a_poll(story: Story) -> None:
    story.taken()
    story.must(story.it.due_at is None, "it has no entry of its own")
    story.must([each.notifications for each in polls(story)] == [(story.id,)], "a poll names it")
    polled(story)
    story.must(len(polls(story)) == 1, "there was no news: it is looked at again")
    must_be_delivered(story)


@course(poll_after=60, fewest=1, policy="at_most_once")
def its_consumer_dies_between_the_poll_and_the_outcome(story: Story) -> None:
    story.finish(story.taken(STORE), STORE, Fate.KILLED)
    story.must(len(polls(story)) == 1, "the poll is stored first")


@course(poll_after=60, fewest=1, policy="at_most_once")
def its_outcome_lands_when_its_poll_has_been_looked_at(story: Story) -> None:
    story.finish(story.taken(STORE), STORE, Fate.KILLED_LATE)
    polled(story, MOVE)
    story.stage.faults.on_their_way.pop(0).land(story.stage.watch.now)
    story.stage.tidy()
    story.must(story.it.status is Status.SENT, "its lease had not lapsed")
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def the_poll_cannot_be_stored(story: Story) -> None:
    story.finish(story.taken(ADD), ADD, Fate.FAILED)
    story.must(story.it.due_at is not None, "it has an entry of its own")
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def the_answer_to_the_polls_write_is_lost(story: Story) -> None:
    story.finish(story.taken(ADD), ADD, Fate.LOST)
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def the_outcome_is_undecided_and_another_poll_is_made(story: Story) -> None:
    story.finish(story.taken(STORE), STORE, Fate.UNDECIDED_DONE)
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def a_look_dies_before_the_poll_moves(story: Story) -> None:
    story.taken()
    polled(story, MOVE, Fate.KILLED)
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def a_look_dies_and_the_poll_moves_late(story: Story) -> None:
    story.taken()
    polled(story, MOVE, Fate.KILLED_LATE)
    polled(story)
    story.stage.faults.on_their_way.pop(0).land(story.stage.watch.now)
    story.stage.tidy()
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def a_polls_message_comes_twice(story: Story) -> None:
    story.taken()
    [poll] = polls(story)
    story.stage.watch.now = poll.due_at
    first = story.stage.deliver([wake_up_for(poll)], until=MOVE)
    story.stage.deliver([wake_up_for(poll)])
    story.on(first)
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def the_looks_of_a_poll_get_no_answer(story: Story) -> None:
    """That nobody was asked ends no poll, however late it is."""
    story.taken()
    for _ in range(12):
        polled(story, LOOK, Fate.FAILED)
    story.must(len(polls(story)) == 1, "nobody was asked yet")
    must_be_delivered(story)


@course(poll_after=60, fewest=1)
def a_poll_without_news_is_given_up(story: Story) -> None:
    story.taken()
    for _ in range(12):
        if not polls(story):
            break
        polled(story)
    story.must(not polls(story), "nothing more is expected")
    now = story.stage.watch.now
    story.must(not story.it.is_awaited(now), "and nothing more is promised")


@course(poll_after=60, fewest=1)
def it_is_sent_again_while_its_poll_stands(story: Story) -> None:
    story.taken()
    story.told(0, Throttled("429", retry_after=1))
    story.taken()
    story.must(len(polls(story)) == 2, "each attempt has its own")
    must_be_delivered_again(story)


def must_be_delivered_again(story: Story) -> None:
    """As `must_be_delivered`, where the first message is known to have failed."""
    story.stage.provider.calls[1].end(Confirmed())
    rest.run(story.stage, rest.TICKS)
    story.must(story.it.status is Status.DELIVERED, "the second one arrived")


@course(poll_after=60, fewest=1)
def its_user_is_erased_while_a_look_has_it_in_hand(story: Story) -> None:
    """The look reads it just before it is removed, and hears a no of its user."""
    stage = story.stage
    story.taken()
    stage.provider.calls[0].end(ConsentWithdrawn("21610"))
    [poll] = polls(story)
    stage.watch.now = poll.due_at
    stage.erase()
    worker = stage.work(until="notifications.remove")
    assert worker is not None
    stage.watch.forward(seconds=20)
    look = stage.deliver([wake_up_for(poll)], until="provider.look")
    story.on(worker)
    stage.watch.forward(seconds=41)
    stage.work()
    story.on(look)
