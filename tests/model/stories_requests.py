"""Stories of requests: what is answered is what stands, for whoever asks again."""

from notification_core.domain.errors import Unavailable
from tests.model.choices import END, a_draft
from tests.model.people import CALLERS
from tests.model.stepper import Actor, Fate
from tests.model.storyteller import Story, course
from tests.model.worlds import RECORDS

CREATE = "notifications.create"


def asking(story: Story, body: str = "body", key: str | None = "key", until: str = END) -> Actor:
    """Ask for a message to both addresses."""
    draft = a_draft(story.stage.watch.now, idempotency_key=key, body=body)
    return story.stage.create(draft, until=until)


@course()
def the_answer_to_an_insert_is_lost(story: Story) -> None:
    draft = a_draft(story.stage.watch.now, record=RECORDS[0])
    story.finish(story.stage.create(draft, until=CREATE), CREATE, Fate.REPEATED)


@course()
def the_answer_to_an_insert_with_a_key_is_lost(story: Story) -> None:
    draft = a_draft(story.stage.watch.now, record=RECORDS[0], idempotency_key="key")
    story.finish(story.stage.create(draft, until=CREATE), CREATE, Fate.REPEATED)


@course()
def the_answer_to_an_insert_of_siblings_is_lost(story: Story) -> None:
    story.stage.queue.messages.clear()
    story.finish(asking(story, until=CREATE), CREATE, Fate.REPEATED)
    story.must(len(story.stage.queue.messages) == 2, "both messages are on their way")


@course()
def a_request_dies_and_another_text_comes_with_its_key(story: Story) -> None:
    asker = asking(story, "the old text", until=CREATE)
    asker.step(Fate.DONE)
    asker.kill()
    story.stage.tidy()
    again = asking(story, "the new text")
    if again.error is not None:
        asking(story, "the new text")


@course()
def two_texts_come_with_one_key_at_once(story: Story) -> None:
    one = asking(story, "one text", until=CREATE)
    one.step(Fate.DONE)
    other = asking(story, "another text")
    story.on(one)
    story.must(
        not (isinstance(one.error, Unavailable) and isinstance(other.error, Unavailable)),
        "one of the two is answered",
    )


@course()
def two_texts_come_with_one_key_and_an_address_is_off_by_then(story: Story) -> None:
    """The one that was first has no sibling, so nothing of the other may be stored."""
    one = asking(story, "one text", until=CREATE)
    story.stage.change(RECORDS[1], "off")
    asking(story, "another text")
    story.on(one)


@course()
def one_request_comes_twice_at_once(story: Story) -> None:
    """The first one's notification is under way when the second one writes."""
    draft = a_draft(story.stage.watch.now, record=RECORDS[0], idempotency_key="key")
    known = {*story.stage.ledger.standing}
    second = story.stage.create(draft, until=CREATE)
    story.stage.create(draft)
    [story.id] = {*story.stage.ledger.standing} - known
    story.taken()
    story.on(second)


@course()
def two_callers_have_one_key(story: Story) -> None:
    for caller in CALLERS:
        draft = a_draft(story.stage.watch.now, record=RECORDS[0], idempotency_key="key")
        story.stage.create(draft, caller=caller, until=END)
