"""The emulator's process: MiniStack, and a thread that wakes it when a delayed message is due.

Run by the interpreter of the emulator's environment. A poller of AWS gets a delayed message when
its delay ends; that of MiniStack 1.5.33 finds it when anything else is sent, or within a second.
"""

import sys
import threading
import time

from ministack.app import main
from ministack.core.concurrency import esm_wake
from ministack.services import sqs

#: Seconds between two looks at the queues.
PAUSE = 0.03


def wake_for_delayed_messages() -> None:
    """Wake the event sources whenever a message of any queue has become visible."""
    before = time.time()
    while True:
        time.sleep(PAUSE)
        now = time.time()
        if any(
            before < message["visible_at"] <= now
            for queue in list(sqs._queues._data.values())  # noqa: SLF001 - of every account
            for message in list(queue["messages"])
        ):
            esm_wake.set()
        before = now


if __name__ == "__main__":
    threading.Thread(target=wake_for_delayed_messages, daemon=True).start()
    sys.exit(main())
