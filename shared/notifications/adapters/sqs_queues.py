"""The targets' queues. A queue's name is the deployment's prefix and the module's name."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from notifications.ports import WakeUp

logger = logging.getLogger(__name__)

#: How often refused entries of a batch are sent again.
ATTEMPTS = 3


class SqsQueues:
    """Queues.

    Args:
        client: a botocore SQS client.
        prefix: what every queue's name begins with.

    """

    def __init__(self, client: Any, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._urls: dict[str, str] = {}

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        waiting = {
            str(place): {"Id": str(place), "MessageBody": to_body(wake_up), "DelaySeconds": delay}
            for place, (wake_up, delay) in enumerate(wake_ups)
        }
        for _ in range(ATTEMPTS):
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._url(module), Entries=list(waiting.values())
                )
            except Exception:
                logger.exception("the queue of %s does not answer", module)
                return False
            waiting = {each["Id"]: waiting[each["Id"]] for each in answer.get("Failed", ())}
            if not waiting:
                return True
        logger.error("the queue of %s refused %d messages", module, len(waiting))
        return False

    def depth(self, module: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        attributes = self._client.get_queue_attributes(
            QueueUrl=self._url(module), AttributeNames=names
        )["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _url(self, module: str) -> str:
        if module not in self._urls:
            answer = self._client.get_queue_url(QueueName=f"{self._prefix}{module}")
            self._urls[module] = answer["QueueUrl"]
        return self._urls[module]


def to_body(wake_up: WakeUp) -> str:
    """Return a queue message's body: `{"id": uuid, "due_at": epoch milliseconds}`."""
    return json.dumps({"id": wake_up.id, "due_at": wake_up.due_at})


def from_body(body: str) -> WakeUp:
    """Read a queue message's body.

    Raises:
        ValueError: it is not one.

    """
    try:
        said = json.loads(body)
        return WakeUp(int(said["due_at"]), str(said["id"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a notification's message: {error}") from error
