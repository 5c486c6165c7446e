"""`make clock`: moves the local stack's time, so that a day passes in seconds.

The functions and the simulator read an offset from a file, which is named only in the emulator's
environment. Messages on a queue keep their delay, which is measured in real time, so they arrive
late by the moved clock.
"""

import time
from datetime import UTC, datetime, timedelta

from infra.local.cloud import Cloud
from infra.local.layout import StackError
from infra.local.stack import LocalStack
from notification_system.durations import duration

#: The functions read the file again within this time.
SETTLE_SECONDS = 0.1


def main(stack: LocalStack, ahead: str | None) -> None:
    """Set the clock ahead of the real time, or print the current offset.

    Raises:
        StackError: the stack is not up, or `ahead` is not a duration.
    """
    if not stack.is_up():
        raise StackError("The local stack is not up. Run: make up")
    if ahead is None:
        print(describe(stack.clock_offset()))
        return
    try:
        offset = duration(ahead)
    except ValueError as error:
        raise StackError(f"AHEAD: {error}, or 0 for the real time.") from error
    enqueued = move(stack, offset)
    print(describe(offset))
    print(f"The dispatcher put {enqueued} wake-ups on the queues.")


def move(stack: LocalStack, offset: timedelta) -> int:
    """Set the clock ahead and run the dispatcher; return how many wake-ups it enqueued."""
    stack.set_clock(offset)
    time.sleep(SETTLE_SECONDS)
    access = stack.access()
    cloud = Cloud(access["endpoint_url"])
    cloud.reset_dispatcher(access["outputs"]["ModulesTable"])
    done = cloud.tick(access["functions"]["Dispatcher"])
    return int(done["enqueued"] + done["swept"])


def describe(offset: timedelta) -> str:
    """Return a sentence that states the time of the local stack."""
    now = (datetime.now(UTC) + offset).isoformat(timespec="seconds").replace("+00:00", "Z")
    relation = f"{offset} ahead of the real time" if offset else "the real time"
    return f"On the local stack it is {now}, {relation}."
