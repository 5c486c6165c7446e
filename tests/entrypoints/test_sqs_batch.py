"""A batch of messages: some taken together, the others each by itself."""

from collections.abc import Collection, Sequence
from typing import Any

from notification_core.entrypoints.sqs_batch import for_each_message

EVENT = {"Records": [{"messageId": "1"}, {"messageId": "2"}, {"messageId": "3"}]}


def test_messages_that_were_handled_together_are_not_handled_again() -> None:
    alone = list[str]()

    def first_two(records: Sequence[dict[str, Any]]) -> Collection[str]:
        return {record["messageId"] for record in records[:2]}

    answer = for_each_message(
        EVENT, None, lambda record: alone.append(record["messageId"]), first_two
    )

    assert (alone, answer) == (["3"], {"batchItemFailures": []})


def test_each_is_taken_by_itself_when_they_cannot_be_taken_together() -> None:
    alone = list[str]()

    def fails(_records: Sequence[dict[str, Any]]) -> Collection[str]:
        raise RuntimeError("no answer")

    answer = for_each_message(EVENT, None, lambda record: alone.append(record["messageId"]), fails)

    assert (alone, answer) == (["1", "2", "3"], {"batchItemFailures": []})


def test_a_message_that_fails_is_handed_over_again() -> None:
    def second_fails(record: dict[str, Any]) -> None:
        if record["messageId"] == "2":
            raise RuntimeError("of this one")

    answer = for_each_message(EVENT, None, second_fails)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
