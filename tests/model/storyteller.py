"""Tells stories: courses of events over the machine, judged as any other by the invariants."""

from collections.abc import Callable
from typing import Any

from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.consent_scopes import category_scope
from notification_core.domain.delivery import Outcome, ReportContent
from notification_core.domain.notification import Notification
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model import rest
from tests.model.choices import END, a_draft
from tests.model.ledger import Violated
from tests.model.stage import Stage
from tests.model.stepper import Actor, Fate
from tests.model.worlds import RECORDS, MakeWorld

CLAIM, SEND, STORE = "notifications.claim", "provider.send", "notifications.advance"
NEWS = category_scope("news")
PLAIN: dict[str, Any] = {"policy": "at_least_once", "poll_after": None, "names_attempts": True}


class Story:
    """One notification, of the category *news*, and what befalls it."""

    def __init__(self, world: MakeWorld, **module: Any) -> None:
        self.stage = Stage(world, **PLAIN | module)
        self.stage.create(a_draft(self.stage.watch.now, category="news", record=RECORDS[0]))
        [self.id] = self.stage.ledger.standing

    @property
    def it(self) -> Notification:
        """The notification as it stands."""
        return self.stage.ledger.standing[self.id]

    def taken(self, until: str = END, answer: Outcome | None = None) -> Actor:
        """Let a consumer have its message, once it is due."""
        stage, message = self.stage, wake_up_for(self.it)
        stage.watch.now = max(stage.watch.now, from_epoch_ms(message.due_at))
        stage.provider.answer = answer
        return stage.deliver([message], until=until)

    def on(self, actor: Actor, place: str = END, fate: Fate = Fate.DONE) -> None:
        """Let one go on: to its end, or past a place, with a fate there, to the next."""
        actor.go_on(place)
        actor.step(fate)
        self.stage.tidy()

    def finish(self, actor: Actor, place: str, fate: Fate) -> None:
        """Let one go on to its end, with a fate at a place."""
        self.on(actor, place, fate)
        self.on(actor)

    def told(self, message: int, news: ReportContent, **how: Any) -> None:
        """Let the provider say something of the n-th message."""
        self.stage.tell(self.stage.provider.calls_of(self.id)[message], news, **how)

    def another(self, **said: Any) -> str:
        """Create one more for the same record; returns its id."""
        known = {*self.stage.ledger.standing}
        said = {"category": "news", "record": RECORDS[0], **said}
        self.stage.create(a_draft(self.stage.watch.now, **said))
        [added] = {*self.stage.ledger.standing} - known
        return added

    def must(self, be_so: object, what: str) -> None:
        """Say what is expected here beside the invariants. Raises Violated where it is not so."""
        if not be_so:
            raise Violated(f"{what}; it stands as {self.it}")

    def must_be_on_its_way(self) -> None:
        """See that the queue has the message of this turn. Raises Violated."""
        expected = wake_up_for(self.it)
        self.must(expected in self.stage.queue.messages, f"no message is on its way: {expected}")


Course = Callable[[Story], None]

#: Each with what is special about its module.
STORIES: dict[str, tuple[dict[str, Any], Course]] = {}


def course(**module: Any) -> Callable[[Course], Course]:
    """Put a course of events among the stories."""

    def put(events: Course) -> Course:
        STORIES[events.__name__] = module, events
        return events

    return put


def tell(world: MakeWorld, name: str) -> None:
    """Tell one, and let it come to rest. Raises Violated."""
    module, events = STORIES[name]
    story = Story(world, **module)
    try:
        events(story)
        rest.come_to_rest(story.stage)
    finally:
        story.stage.close()
