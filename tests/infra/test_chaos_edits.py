"""The checks of what was sent after changes report contradictions only."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.chaos.edits import Edit, Message, edit_faults, marked, message_of, plan_edits

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOTH = "body, title"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def edit(
    result: str = "changed",
    version: int = 1,
    *,
    asked: float = 10,
    due: float | None = None,
    content: bool = True,
    lost: int = 0,
) -> Edit:
    """A change that is answered a second after its request."""
    new_time = None if due is None else at(due)
    return Edit(version, content, at(asked), new_time, at(asked + 1), result, lost)


def sent(seconds: float, *versions: int) -> Message:
    return Message(at(seconds), frozenset(versions or {0}))


def notification(version: int, *details: str, body: int | None = None) -> dict[str, Any]:
    """A notification as the API shows it in the end."""
    return {
        "title": marked("n1", version),
        "body": f"{marked('n1', version if body is None else body)} text",
        "timeline": [{"event": "changed", "detail": detail} for detail in details],
    }


def faults(shown: dict[str, Any], edits: list[Edit], *messages: Message) -> list[str]:
    return [*edit_faults(shown, edits, messages, NOON)]


@pytest.mark.parametrize(
    ("shown", "edits", "messages"),
    [
        (notification(0), [], [sent(1)]),
        (notification(1, BOTH), [edit()], [sent(12, 1)]),
        (notification(1, BOTH), [edit()], [sent(5, 0), sent(12, 1)]),
        (notification(0), [edit("too_late")], [sent(10)]),
        (notification(0), [edit("unchanged", due=5, content=False)], [sent(12)]),
        (notification(1, "data"), [edit()], [sent(12, 1)]),
        (notification(1, "body, extra, title"), [edit()], [sent(12, 1)]),
        (notification(1, BOTH), [edit("unchanged", lost=1)], [sent(12, 1)]),
        (notification(1, BOTH), [edit("too_late", lost=1)], [sent(10, 1)]),
        (notification(0), [edit("too_late", lost=1)], [sent(10, 0)]),
        (notification(0, "scheduled_delivery"), [edit(due=20, content=False)], [sent(20, 0)]),
        (notification(0, "scheduled_delivery"), [edit(due=20, content=False)], [sent(9, 0)]),
        (
            notification(2, BOTH, "body, scheduled_delivery, title"),
            [edit(), edit(version=2, asked=12, due=11)],
            [sent(13, 2)],
        ),
        (
            notification(1, BOTH),
            [edit(due=30), edit("already_final", 2, asked=32, due=40)],
            [sent(31, 1)],
        ),
        (
            notification(1, BOTH, "next_attempt"),
            [edit(due=30), edit("too_late", 2, asked=12, due=20, content=False, lost=1)],
            [sent(20, 1)],
        ),
    ],
)
def test_what_agrees_with_the_answers_is_not_a_fault(
    shown: dict[str, Any], edits: list[Edit], messages: list[Message]
) -> None:
    assert faults(shown, edits, *messages) == []


@pytest.mark.parametrize(
    ("shown", "edits", "messages", "says"),
    [
        (notification(1, BOTH), [edit()], [sent(12, 0, 1)], "a mix of the versions [0, 1]"),
        (notification(1, BOTH), [edit()], [sent(12, 0)], "version 0 was sent after the change 1"),
        (notification(0), [edit("too_late")], [sent(10, 1)], "whose change was refused"),
        (notification(0), [edit("changed")], [], "0 changes of the content"),
        (notification(1, BOTH), [edit("too_late")], [], "1 changes of the content"),
        (notification(1, BOTH, BOTH), [edit(lost=1)], [], "2 changes of the content"),
        (notification(1, "body"), [edit()], [], "a change of a part"),
        (notification(0, BOTH), [edit()], [], "shows the versions [0], not [1]"),
        (notification(1, BOTH, body=0), [edit()], [], "shows the versions [0, 1]"),
        (notification(0), [edit("unchanged")], [], "was answered unchanged"),
        (notification(1, BOTH), [edit(due=20)], [sent(19, 1)], "sent 0:00:01 before its time"),
        (
            notification(0, "scheduled_delivery"),
            [edit(due=20, content=False)],
            [sent(19, 0)],
            "before its time",
        ),
        (notification(0), [], [sent(-1)], "before its time"),
    ],
)
def test_what_contradicts_an_answer_is_a_fault(
    shown: dict[str, Any], edits: list[Edit], messages: list[Message], says: str
) -> None:
    assert says in " / ".join(faults(shown, edits, *messages))


def test_each_part_of_a_message_names_its_version() -> None:
    item = {"title": "n1 v2", "body": "n1 v3 text", "at": NOON.isoformat(), "extra": {}}

    assert message_of(item).versions == {2, 3}
    assert message_of({**item, "extra": {"data": {"version": 4}}}).versions == {2, 3, 4}
    assert message_of({**item, "title": "", "body": "<p>n1 xxx</p>"}).versions == {0}


def test_changes_follow_each_other_within_the_run() -> None:
    plans = [plan_edits(Random(seed), 100) for seed in range(100)]

    assert {len(plan) for plan in plans} == {1, 2, 3}
    assert all(
        10 <= first.at <= 80 and later.at > first.at - 1
        for first, *others in plans
        for later in others
    )
    subjects = {planned.subject for plan in plans for planned in plan}
    assert subjects == {"times", "contents", "both"}
