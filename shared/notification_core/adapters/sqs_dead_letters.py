"""The dead-letter queues, which a function asks: an event source would poll them all day."""

from collections.abc import Sequence
from typing import Any

#: Messages of one request (Amazon SQS API Reference, ReceiveMessage).
BATCH = 10
#: What a letter tells of itself.
ATTRIBUTES = ["ApproximateReceiveCount", "SentTimestamp"]


class SqsDeadLetters:
    """Queues by their names.

    Args:
        client: a botocore SQS client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    def receive(self, queue: str) -> Sequence[dict[str, Any]]:
        """Return up to ten messages as SQS has them, hidden from now on; none where none is found.

        Nothing is waited for, so SQS asks some of its servers only: a message may be found by the
        next request.
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
        """Delete a message that was received."""
        self._client.delete_message(
            QueueUrl=self._url(queue), ReceiptHandle=message["ReceiptHandle"]
        )

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._client.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]
