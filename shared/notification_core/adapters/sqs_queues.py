"""The targets' queues, and the jobs queue.

The name of a target's queue is the deployment's prefix and the module's name. A message contains
the wake-ups of up to 100 notifications that are due in the same second, and costs the same as a
message with one wake-up. A burst is split into enough messages that every container gets a part.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil
from typing import Any

from notification_core.domain.addresses import is_id
from notification_core.domain.batches import batches
from notification_core.domain.clock import LAST_MOMENT
from notification_core.domain.due import QueueCounts, WakeUp

logger = logging.getLogger(__name__)

#: The maximum number of wake-ups in a message. A message with more is rejected, so this number may
#: grow but not shrink.
PACK = 100
#: Messages that a consumer receives in one batch: the event sources' BatchSize.
MESSAGES = 10
#: Messages of one request (Amazon SQS API Reference, SendMessageBatch).
BATCH = 10
#: The attributes of a queue that count waiting messages and messages in flight.
VISIBLE = "ApproximateNumberOfMessages"
WAITING = (VISIBLE, "ApproximateNumberOfMessagesDelayed")
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
#: How often a request is sent for messages that SQS rejects.
ATTEMPTS = 3


class SqsQueues:
    """Implements `Queues`.

    Args:
        client: a botocore SQS client.
        sender: sends the wake-ups; a botocore client or one of `sqs_json_client.py`.
        prefix: the prefix of the names of the targets' queues.
        jobs: the name of the jobs queue.
        containers: the number of concurrent containers of a target's function.
    """

    def __init__(
        self, client: Any, sender: Any, prefix: str, jobs: str, *, containers: int
    ) -> None:
        self._client = client
        self._sender = sender
        self._containers = containers
        self._prefix = prefix
        self._jobs = jobs
        self._urls: dict[str, str] = {}

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        messages = [
            {"Id": str(place), "MessageBody": to_body(packed), "DelaySeconds": delay}
            for place, (packed, delay) in enumerate(packs(wake_ups, self._containers))
        ]
        return all(self._send(module, batch) for batch in batches(messages, BATCH))

    def _send(self, module: str, messages: Sequence[dict[str, Any]]) -> bool:
        waiting = {message["Id"]: message for message in messages}
        for _ in range(ATTEMPTS):
            try:
                answer = self._sender.send_message_batch(
                    QueueUrl=self._url(f"{self._prefix}{module}"), Entries=list(waiting.values())
                )
            except Exception:
                logger.exception("the queue of %s does not answer", module)
                return False
            waiting = {
                failure["Id"]: waiting[failure["Id"]] for failure in answer.get("Failed", ())
            }
            if not waiting:
                return True
        logger.error("the queue of %s refused %d messages", module, len(waiting))
        return False

    def depth(self, module: str) -> int:
        return int(self._attributes(f"{self._prefix}{module}", VISIBLE)[VISIBLE])

    def in_flight(self, module: str) -> int:
        return int(self._attributes(f"{self._prefix}{module}", IN_FLIGHT)[IN_FLIGHT])

    def counts(self, module: str) -> QueueCounts | None:
        queue = f"{self._prefix}{module}"
        try:
            attributes = self._attributes(queue, *WAITING, IN_FLIGHT, "RedrivePolicy")
            # The queue's attributes name its dead-letter queue.
            policy = json.loads(attributes.get("RedrivePolicy", "{}"))
            dead = policy.get("deadLetterTargetArn", "").rpartition(":")[2]
            dead_counts = self._attributes(dead, *WAITING, IN_FLIGHT) if dead else {}
        except self._client.exceptions.QueueDoesNotExist:
            self._urls.pop(queue, None)
            return None
        return QueueCounts(
            queued=sum(int(attributes[name]) for name in WAITING),
            in_flight=int(attributes[IN_FLIGHT]),
            dead_letters=sum(map(int, dead_counts.values())),
        )

    def _attributes(self, queue: str, *names: str) -> dict[str, str]:
        answer = self._client.get_queue_attributes(
            QueueUrl=self._url(queue), AttributeNames=list(names)
        )
        attributes: dict[str, str] = answer.get("Attributes", {})
        return attributes

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        body = json.dumps({"job": job_id})
        try:
            self._client.send_message(
                QueueUrl=self._url(self._jobs), MessageBody=body, DelaySeconds=delay
            )
        except Exception:
            logger.exception("the jobs' queue does not answer")
            return False
        return True

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls[queue] = self._client.get_queue_url(QueueName=queue)["QueueUrl"]
        return self._urls[queue]


def smallest_pack(containers: int) -> int:
    """Return the minimum number of wake-ups in a message if there are enough wake-ups."""
    return max(PACK // containers, 1)


def packs(
    wake_ups: Sequence[tuple[WakeUp, int]], containers: int
) -> Iterator[tuple[Sequence[WakeUp], int]]:
    """Group wake-ups with the same delay into messages, so that every container gets a part.

    A container that received a whole burst would send it alone, because a batch is ten messages.
    The size of a burst from many creators is not known, so a thousand wake-ups are divided among
    all containers.
    """
    ordered = sorted(wake_ups, key=lambda pair: pair[1])
    for delay, group in groupby(ordered, key=lambda pair: pair[1]):
        same = [wake_up for wake_up, _ in group]
        share = ceil(len(same) / (containers * MESSAGES))
        for packed in batches(same, min(max(share, smallest_pack(containers)), PACK)):
            yield packed, delay


def to_body(wake_ups: Sequence[WakeUp]) -> str:
    """Return a message's body: `{"wake_ups": [{"id": uuid, "due_at": epoch ms}, ...]}`."""
    return json.dumps(
        {"wake_ups": [{"id": wake_up.id, "due_at": wake_up.due_at} for wake_up in wake_ups]}
    )


def from_body(body: str) -> list[WakeUp]:
    """Parse a message's body.

    Raises:
        ValueError: the text is not a valid body.
    """
    try:
        entries = json.loads(body)["wake_ups"]
        wake_ups = [WakeUp(int(entry["due_at"]), str(entry["id"])) for entry in entries]
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a message of this system: {error}") from error
    if len(wake_ups) > PACK:
        raise ValueError("not a message of this system: it has too many wake-ups")
    if not all(is_id(wake_up.id) for wake_up in wake_ups):
        raise ValueError("not a message of this system: an id is invalid")
    if not all(0 <= wake_up.due_at <= LAST_MOMENT for wake_up in wake_ups):
        raise ValueError("not a message of this system: a due time is out of range")
    return wake_ups


def job_of_body(body: str) -> str:
    """Parse a body of the jobs queue: `{"job": id}`.

    Raises:
        ValueError: the text is not a valid body.
    """
    try:
        return str(json.loads(body)["job"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a message about a job: {error}") from error
