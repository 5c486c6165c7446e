"""The objects in the bucket of a deployment, as text."""

import gzip
from collections.abc import Iterator
from typing import Any

#: The first bytes of a compressed file (RFC 1952). Large contents of templates are compressed.
GZIP = b"\x1f\x8b"


def objects(s3: Any, bucket: str) -> Iterator[str]:
    """Yield the key and the text of each object."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", ()):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            text = gzip.decompress(body) if body.startswith(GZIP) else body
            yield f"{item['Key']} {text.decode()}"
