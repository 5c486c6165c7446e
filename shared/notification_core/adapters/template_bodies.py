"""The contents of template versions: gzipped JSON in the version's item, or in S3 if it is large.

`docs/decisions/0077-templates-have-heads-and-versions.md` contains the calculation.
"""

import gzip
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import TemplateDocument
from notification_core.domain.errors import Unavailable
from notification_core.domain.templates import TemplateRef, TemplateVersion

#: Bytes of a gzipped content up to which it stays in the item. A larger one costs less in S3 than
#: its write units, and a listing of versions would read too much.
INLINE_BYTES = 16 * 1024

#: The prefix of the contents, which no lifecycle rule of the bucket covers.
KEPT = "templates/"
#: The prefix of the contents of removed templates. The rule for the contents of notifications that
#: are due within a year covers it, so they expire with the last notification that may need them.
EXPIRING = "later/templates/"


def body_of(document: TemplateDocument, compiled: CompiledTemplate | None) -> bytes:
    """Return the content of a version as it is stored; a compiled template has its document."""
    fields = {"compiled": compiled.as_fields()} if compiled else {"document": document.as_fields()}
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def content_of(text: bytes) -> tuple[TemplateDocument, CompiledTemplate | None]:
    """Return the document, and the compiled template unless it is a draft, from a content."""
    fields = json.loads(text)
    if "document" in fields:
        return TemplateDocument.stored(fields["document"]), None
    compiled = CompiledTemplate.of(fields["compiled"])
    return compiled.document, compiled


class S3TemplateBodies:
    """Large contents in S3.

    Args:
        client: creates a botocore S3 client; called for the first large content.
        bucket: the bucket's name.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, ref: TemplateRef, body: bytes) -> str:
        """Store a content under a new key and return the key."""
        key = f"{KEPT}{ref.name}/{ref.version}-{uuid4().hex[:8]}.json.gz"
        self._client().put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType="application/gzip"
        )
        return key

    def get(self, key: str) -> bytes:
        """Return a content. Raises Unavailable: it was moved or removed since its key was read."""
        try:
            stored = self._client().get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            raise Unavailable from error
        body: bytes = stored["Body"].read()
        return body

    def copy_to_expire(self, key: str) -> str:
        """Copy a content to a key that expires, and return that key. S3 counts from now on."""
        expiring = EXPIRING + key.removeprefix(KEPT)
        self._client().copy_object(
            Bucket=self._bucket,
            Key=expiring,
            CopySource={"Bucket": self._bucket, "Key": key},
        )
        return expiring

    def remove(self, key: str) -> None:
        """Remove a content."""
        self._client().delete_object(Bucket=self._bucket, Key=key)


class VersionCache:
    """Compiled versions of this process, up to a size in bytes. The least recently used ones go."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[TemplateRef, tuple[TemplateVersion, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, refs: Iterable[TemplateRef]) -> dict[TemplateRef, TemplateVersion]:
        """Return those of the versions that are cached."""
        with self._lock:
            cached = [ref for ref in refs if ref in self._kept]
            for ref in cached:
                self._kept.move_to_end(ref)
            return {ref: self._kept[ref][0] for ref in cached}

    def add(self, version: TemplateVersion, size: int) -> None:
        """Cache a version of this size, unless it is larger than the cache."""
        if version.compiled is None or size > self._limit:
            return
        with self._lock:
            if version.ref in self._kept:
                self._size -= self._kept.pop(version.ref)[1]
            self._kept[version.ref] = version, size
            self._size += size
            while self._size > self._limit:
                self._size -= self._kept.popitem(last=False)[1][1]
