"""Copies of dead letters in S3."""

from collections.abc import Callable
from typing import Any

#: The prefix in a lifecycle rule of the bucket.
PREFIX = "dead-letters"


class S3Evidence:
    """An EvidenceStore.

    Args:
        client: creates a botocore S3 client; called for the first dead letter.
        bucket: the bucket's name.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, name: str, text: str) -> None:
        self._client().put_object(
            Bucket=self._bucket,
            Key=f"{PREFIX}/{name}",
            Body=text.encode(errors="replace"),
            ContentType="application/json",
        )
