"""`make clock`: moves the local stack's time, so that what takes a day is seen in seconds.

The functions and the simulator read an offset from a file that only the emulator's environment
names. What waits on a queue keeps its delay: it comes by real time, and finds itself late.
"""

import time
from datetime import UTC, datetime, timedelta

from infra.local.cloud import Cloud
from infra.local.layout import StackError
from infra.local.stack import LocalStack
from notification_system.durations import duration

#: The functions look at the file less often than this.
SETTLE_SECONDS = 0.1


def main(stack: LocalStack, ahead: str | None) -> None:
    """Put the clock so far ahead of the real time, or tell how far it is.

    Raises:
        StackError: the stack is not up, or `ahead` is no duration.
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
    """Put the clock so far ahead and run the dispatcher; returns how much was due."""
    stack.set_clock(offset)
    time.sleep(SETTLE_SECONDS)
    access = stack.access()
    cloud = Cloud(access["endpoint_url"])
    cloud.reset_dispatcher(access["outputs"]["ModulesTable"])
    done = cloud.tick(access["functions"]["Dispatcher"])
    return int(done["enqueued"] + done["swept"])


def describe(offset: timedelta) -> str:
    """Say what time it is on the local stack."""
    now = (datetime.now(UTC) + offset).isoformat(timespec="seconds").replace("+00:00", "Z")
    where = f"{offset} ahead of the real time" if offset else "the real time"
    return f"On the local stack it is {now}, {where}."
