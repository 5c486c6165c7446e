"""The dead-letter queues, read on a schedule because an event source would poll them all day."""

from collections.abc import Sequence
from typing import Any

#: Messages of one request (Amazon SQS API Reference, ReceiveMessage).
BATCH = 10
#: The attributes of a dead letter.
ATTRIBUTES = ["ApproximateReceiveCount", "SentTimestamp"]


class SqsDeadLetters:
    """Dead-letter queues by name.

    Args:
        client: a botocore SQS client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    def receive(self, queue: str) -> Sequence[dict[str, Any]]:
        """Return up to ten messages in SQS's format. They become invisible to other receivers.

        This is short polling, so SQS asks only some of its servers: a message that is missed may be
        received by the next request.
        """
        answer = self._client.receive_message(
            QueueUrl=self._url(queue),
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=ATTRIBUTES,
        )
        messages: Sequence[dict[str, Any]] = answer.get("Messages", ())
        return messages

    def remove(self, queue: str, message: dict[str, Any]) -> None:
        """Delete a received message."""
        self._client.delete_message(
            QueueUrl=self._url(queue), ReceiptHandle=message["ReceiptHandle"]
        )

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._client.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]
