"""A consumer's events and handlers."""

from collections.abc import Callable

from notification_core.adapters.sqs_queues import to_body
from notification_core.domain.delivery import Delivery
from notification_core.domain.notification import Notification
from notification_core.entrypoints.consumer import LambdaHandler
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import World, a_notification


class Context:
    """What Lambda tells a function of its time."""

    remaining = 60_000
    aws_request_id = "the-request"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


def stored(world: World, count: int = 1) -> list[Notification]:
    """Store so many for the world's address."""
    made = [a_notification(target_user_record=world.record.id) for _ in range(count)]
    world.notifications.create(made)
    return made


def body(*notifications: Notification) -> str:
    """One message, which may be for several."""
    return to_body([wake_up_for(each) for each in notifications])


def run(handler: LambdaHandler, *bodies: str, context: Context | None = None) -> list[str]:
    """Hand the messages over, numbered; returns those that the queue is to hand over again."""
    records = [{"messageId": str(n), "body": text} for n, text in enumerate(bodies)]
    answer = handler({"Records": records}, context or Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def refusing(failure: Exception) -> Callable[[Delivery], str | None]:
    """A handler that always fails so."""

    def send(_: Delivery) -> str | None:
        raise failure

    return send
