"""The files that a browser loads beside the pages.

The address of a file contains a hash of its content, so a browser may keep it for ever.
"""

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from notification_core.entrypoints.console.request import Request
from notification_core.entrypoints.console.responses import Response

FOLDER = Path(__file__).with_name("assets")

TYPES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "htmx.LICENSE": "text/plain; charset=utf-8",
}

#: Characters of a hash in an address.
HASH_LENGTH = 16


@cache
def content_of(name: str) -> str:
    """Return the text of a file."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def hash_of(name: str) -> str:
    """Return the hash of a file's content."""
    return hashlib.sha256(content_of(name).encode()).hexdigest()[:HASH_LENGTH]


def serve(name: str, request: Request) -> Response:
    """Return a file, or 304 if the browser has it already."""
    if name not in TYPES:
        return Response(status=HTTPStatus.NOT_FOUND, body="Not found", content_type="text/plain")
    etag = f'"{hash_of(name)}"'
    is_current = request.query.get("v") == hash_of(name)
    caching = "public, max-age=31536000, immutable" if is_current else "no-cache"
    headers = {"ETag": etag, "Cache-Control": caching}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers, content_type=TYPES[name])
    return Response(body=content_of(name), content_type=TYPES[name], headers=headers)
