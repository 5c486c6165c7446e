"""Processes that are killed inside `send_many` create each notification exactly once.

`python -m tests.chaos.senders` does the same with 5,000 notifications.
"""

from random import Random

from tests.chaos.senders import send_with_killed_processes
from tests.system.conftest import System

ROWS = 300


def test_processes_that_are_killed_create_each_notification_once(system: System) -> None:
    report = send_with_killed_processes(
        system.stack.layout.stack, ROWS, Random(7), kills=4, within=2.5
    )

    assert (report.missing, report.duplicates) == (0, 0)
    assert report.killed > 0
    assert report.faults.total() > 0
