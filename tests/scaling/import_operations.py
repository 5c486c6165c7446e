"""The operations of imports, after those of `template_operations`."""

from typing import Any
from uuid import uuid4

from tests.scaling.operations import api
from tests.scaling.template_operations import OPERATIONS

__all__ = ["OPERATIONS"]

UNDO = {"source": "django", "items": [{"kind": "record", "key": "gone"}]}


def an_import(size: int) -> dict[str, Any]:
    """Return an import of records, each of a user of its own."""
    items = [
        {
            "kind": "record",
            "key": uuid4().hex,
            "user": uuid4().hex,
            "target": "Twilio",
            "target_user_id": f"+1555{uuid4().int % 10_000_000:07}",
        }
        for _ in range(size)
    ]
    return {"source": "django", "items": items}


for number in (1, 100):
    api(
        "POST /imports/batch",
        lambda _, number=number: an_import(number),  # type: ignore[misc]
        of=f" of {number}",
    )
api("POST /imports/undo", lambda _: UNDO)
