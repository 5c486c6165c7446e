"""The SQS operation that sends wake-ups, without botocore.

Source: Amazon SQS Developer Guide, "Making Query API requests using AWS JSON protocol".
"""

from typing import Any

from notification_core.adapters.aws_json import AwsJsonClient


class SqsJsonClient(AwsJsonClient):
    """The part of botocore's SQS client that creation and dispatch need."""

    service = "sqs"
    target = "AmazonSQS"

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        """Send up to 10 messages."""
        return self._call("SendMessageBatch", request)
