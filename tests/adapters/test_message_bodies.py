"""What a queue's message may say: anybody who may send to a queue may say anything."""

import json

import pytest

from notification_core.adapters.sqs_queues import PACK, from_body, job_of_body, to_body
from notification_core.domain.due import WakeUp


def test_a_written_message_body_is_read_back() -> None:
    wake_ups = [WakeUp(place, f"id-{place}") for place in range(PACK)]

    assert from_body(to_body(wake_ups)) == wake_ups


@pytest.mark.parametrize("id_", ["", "x" * 3000, "ü", "\ud800"])
def test_an_id_that_the_store_would_choke_on_is_refused(id_: str) -> None:
    with pytest.raises(ValueError, match="an id is invalid"):
        from_body(json.dumps({"wake_ups": [{"id": "good", "due_at": 1}, {"id": id_, "due_at": 1}]}))


def test_a_message_for_more_than_any_sender_packs_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        from_body(to_body([WakeUp(1, f"id-{place}") for place in range(PACK + 1)]))


@pytest.mark.parametrize(
    "body",
    [
        "}{",
        "[" * 100_000,
        "null",
        "7",
        '"text"',
        "[]",
        "{}",
        '{"wake_ups": 7}',
        '{"wake_ups": [7]}',
        '{"wake_ups": {"id": 1}}',
        '{"wake_ups": [{"id": "a"}]}',
        '{"wake_ups": [{"id": "a", "due_at": -1}]}',
        '{"wake_ups": [{"id": "a", "due_at": 1e17}]}',
        '{"wake_ups": [{"id": "a", "due_at": NaN}]}',
        '{"wake_ups": [{"id": "a", "due_at": Infinity}]}',
    ],
)
def test_garbage_is_refused_and_nothing_worse(body: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        from_body(body)
    assert refusal.type in {ValueError, json.JSONDecodeError}


@pytest.mark.parametrize("body", ["}{", "[" * 100_000, "null", "[]", "{}"])
def test_garbage_is_not_a_job(body: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        job_of_body(body)
