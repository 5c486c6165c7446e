"""What a handler returns of a provider's words, however odd."""

from typing import Any

import pytest

from notification_core.domain.delivery import Accepted
from notification_core.domain.failures import Rejected
from notification_core.domain.status import Status
from notification_core.entrypoints.consumer import consumer
from tests.builders import World
from tests.entrypoints.events import body, refusing, run, stored

pytestmark = pytest.mark.usefixtures("log")


@pytest.mark.parametrize("answer", [4711, Accepted(4711)])  # type: ignore[arg-type]
def test_a_message_id_that_is_a_number_is_kept_as_text(world: World, answer: Any) -> None:
    """Handlers are not type-checked: a JSON answer's id may be a number."""
    [notification] = stored(world)

    run(consumer(lambda _: answer), body(notification))

    after = world.stored(notification)
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "4711")


def test_words_that_end_within_an_emoji_cost_no_outcome(world: World) -> None:
    [notification] = stored(world)

    run(consumer(refusing(Rejected("1", "no \ud83d"))), body(notification))

    after = world.stored(notification)
    assert after.status is Status.DELIVERY_FAILURE
    assert after.last_error is not None
    assert after.last_error.message == "no ?"
