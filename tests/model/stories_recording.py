"""Stories of one consumer's batch: what befalls one notification costs no other."""

from notification_core.domain.failures import ConsentWithdrawn
from notification_core.domain.status import Status
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model.stepper import Actor, Fate
from tests.model.storyteller import CLAIM, SEND, STORE, Story, course
from tests.model.worlds import OTHER_MODULE


def both_taken(story: Story, other: str, until: str, fate: Fate = Fate.DONE) -> Actor:
    """Let a consumer have two messages at once, up to a place and a fate there."""
    standing = story.stage.ledger.standing
    batch = [wake_up_for(standing[each]) for each in (story.id, other)]
    consumer = story.stage.deliver(batch, until=until)
    story.on(consumer, until, fate)
    return consumer


@course(policy="at_most_once")
def a_refusal_is_written_down_and_its_writer_dies(story: Story) -> None:
    """The ledger comes after what the provider has taken, or that would be UNKNOWN."""
    other = story.another()
    consumer = both_taken(story, other, "opt_outs.get")
    story.stage.provider.answer = ConsentWithdrawn("21610")
    consumer.step(Fate.DONE)
    consumer.go_on("opt_outs.get")
    consumer.kill()
    story.stage.tidy()
    taken = [call.id for call in story.stage.provider.calls if call.taken]
    stored = [story.stage.ledger.standing[each].status for each in taken]
    story.must(stored == [Status.DELIVERED], f"what was taken is stored: {stored}")


@course(policy="at_most_once")
def the_answers_to_a_claim_are_lost(story: Story) -> None:
    """The claim stands, and its consumer knows that it has sent nothing."""
    story.finish(story.taken(CLAIM), CLAIM, Fate.UNDECIDED_DONE)
    story.stage.watch.forward(seconds=80)
    if not story.it.is_final:
        batch, story.stage.queue.messages = story.stage.queue.messages, []
        story.stage.deliver(batch)
    story.must(story.it.status is not Status.UNKNOWN, "nobody sent it")


@course(policy="at_most_once")
def a_claim_is_offered_again(story: Story) -> None:
    story.finish(story.taken(CLAIM), CLAIM, Fate.REPEATED)
    story.must(story.it.status is Status.DELIVERED, "its consumer holds the claim")


@course(poll_after=0)
def an_outcome_is_offered_again(story: Story) -> None:
    """It finds itself, so nobody has settled it in the meantime."""
    consumer = story.taken(STORE)
    story.finish(consumer, STORE, Fate.REPEATED)
    story.must(story.it.status is Status.SENT, "its outcome is stored")


@course()
def a_claim_in_doubt_comes_again(story: Story) -> None:
    story.stage.queue.messages.clear()
    story.finish(story.taken(CLAIM), CLAIM, Fate.UNDECIDED)
    story.must_be_on_its_way()


@course(policy="at_most_once")
def a_message_goes_astray(story: Story) -> None:
    """It lies on the queue of another module, whose provider is another."""
    story.stage.deliver([wake_up_for(story.it)], module=OTHER_MODULE)
    story.must(story.it.status is Status.SCHEDULED, "it is another module's")


@course()
def it_expires_while_its_consumer_waits(story: Story) -> None:
    """Another send of its batch takes all the time that it had."""
    other = story.another(before=30)
    consumer = both_taken(story, other, "opt_outs.get")
    consumer.go_on(SEND)
    story.stage.watch.forward(seconds=35)
    story.on(consumer)
