"""The emulator's process: MiniStack 1.5.33 with four corrections.

It is run by the interpreter of the emulator's environment.

- An event source of AWS receives a delayed message when its delay ends. An event source of
  MiniStack receives it when another message is sent, or within a second, so a thread wakes it.
- An update of a nested stack keeps the attributes of its unchanged resources. MiniStack drops them,
  and the update fails at the first `Fn::GetAtt` of such a resource.
- A request to an API is refused if it is signed for another region. MiniStack accepts any region.
- A query parses its expression once. MiniStack parses it for each item of the index's partition, so
  a query of 25 of a user's 5,000 notifications took 280 ms instead of 100 ms.
"""

import os
import sys
import threading
import time
from functools import lru_cache
from typing import Any

from ministack.app import main
from ministack.core import sigv4
from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb, sqs
from ministack.services.cloudformation import _stacks, provisioners

#: Seconds between two checks of the queues.
PAUSE = 0.03


def wake_for_delayed_messages() -> None:
    """Wake the event sources whenever a message of any queue has become visible."""
    before = time.time()
    while True:
        time.sleep(PAUSE)
        now = time.time()
        if any(
            before < message["visible_at"] <= now
            for queue in list(sqs._queues._data.values())  # noqa: SLF001 - the queues of every account
            for message in list(queue["messages"])
        ):
            esm_wake.set()
        before = now


def keep_attributes_in_nested_stacks() -> None:
    """Give the update of a nested stack's resource the attributes that the resource has."""
    update = provisioners._update_resource  # noqa: SLF001

    def update_resource(
        kind: str,
        physical_id: str,
        old: dict[str, Any],
        new: dict[str, Any],
        stack: str,
        logical_id: str | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> Any:
        if attributes is None and stack in _stacks:
            resource = _stacks[stack]["_resources"].get(logical_id, {})
            attributes = resource.get("Attributes")
        return update(kind, physical_id, old, new, stack, logical_id, attributes)

    provisioners._update_resource = update_resource  # noqa: SLF001


def refuse_other_regions() -> None:
    """Refuse a request to an API whose signature names another region, as API Gateway does."""
    failure_of = sigv4.header_signature_failure
    region = os.environ["MINISTACK_REGION"]

    def failure(signature: Any, *arguments: Any, **options: Any) -> Any:
        if signature.service == "execute-api" and signature.region != region:
            return "SignatureDoesNotMatch", f"Credential should be scoped to {region}. "
        return failure_of(signature, *arguments, **options)

    sigv4.header_signature_failure = failure


def parse_expressions_once() -> None:
    """Remember the tokens of expressions, and whether their grammar is right."""
    for name in ("_tokenize", "_condition_syntax_error"):
        setattr(dynamodb, name, lru_cache(maxsize=1000)(getattr(dynamodb, name)))


if __name__ == "__main__":
    parse_expressions_once()
    refuse_other_regions()
    keep_attributes_in_nested_stacks()
    threading.Thread(target=wake_for_delayed_messages, daemon=True).start()
    sys.exit(main())
