"""The emulator's process: MiniStack 1.5.33 with four corrections.

It is run by the interpreter of the emulator's environment.

- An event source of AWS receives a delayed message when its delay ends. An event source of
  MiniStack receives it when another message is sent, or within a second, so a thread wakes it.
- An update of a nested stack keeps the attributes of its unchanged resources. MiniStack drops them,
  and the update fails at the first `Fn::GetAtt` of such a resource.
- A request to an API is refused if it is signed for another region. MiniStack accepts any region.
- A query reads the usual key conditions as a comparison of numbers. MiniStack parses the expression
  for each item of the index's partition, so a query for 25 of 5,000 items took 280 ms.
"""

import os
import re
import sys
import threading
import time
from typing import Any

from ministack.app import main
from ministack.core import sigv4
from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb, sqs
from ministack.services.cloudformation import _stacks, provisioners

#: Seconds between two checks of the queues.
PAUSE = 0.03

#: The partition alone, or the partition and two bounds of the sort key, both inclusive.
KEY_CONDITION = re.compile(
    r"#?\w+ = :\w+(?: AND (?P<sort>#?\w+) BETWEEN (?P<first>:\w+) AND (?P<last>:\w+))?"
)
KEY_SLOT = "KeyConditionExpression"


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


def compare_keys_as_numbers() -> None:
    """Decide a key condition of the usual form without parsing it for each item.

    The items have the partition's key already. The first item is left to MiniStack, because it
    reports errors in the expression.
    """
    evaluate = dynamodb._evaluate_condition  # noqa: SLF001
    known: dict[str, re.Match[str]] = {}

    def holds(
        expression: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression"
    ) -> bool:
        condition = known.get(expression) if slot == KEY_SLOT else None
        if condition is None:
            result: bool = evaluate(expression, item, values, names, slot=slot)
            if slot == KEY_SLOT and (condition := KEY_CONDITION.fullmatch(expression)):
                known[expression] = condition
            return result
        if condition["sort"] is None:
            return True
        number = item[names.get(condition["sort"], condition["sort"])].get("N")
        first, last = (values[condition[bound]].get("N") for bound in ("first", "last"))
        if None in {number, first, last}:
            return bool(evaluate(expression, item, values, names, slot=slot))
        return float(first) <= float(number) <= float(last)

    dynamodb._evaluate_condition = holds  # noqa: SLF001


if __name__ == "__main__":
    compare_keys_as_numbers()
    refuse_other_regions()
    keep_attributes_in_nested_stacks()
    threading.Thread(target=wake_for_delayed_messages, daemon=True).start()
    sys.exit(main())
