"""How long the oldest of what is overdue has waited."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from notification_core.domain.due import shard_of, shards_of
from notification_core.usecases.queries.overdue import overdue_ages
from tests.builders import NOON, SHARDS, World
from tests.usecases.steps import stored


def shards(*modules: str) -> dict[str, list[str]]:
    """Those of each module."""
    return {each: shards_of(each, SHARDS) for each in modules}


def test_it_is_that_of_the_oldest_in_any_shard(world: World) -> None:
    for minutes in (1, 5, 2):
        stored(world, scheduled_delivery=NOON - timedelta(minutes=minutes))
    stored(world, scheduled_delivery=NOON + timedelta(hours=1))

    assert overdue_ages(world.ports, shards("pigeon")) == {"pigeon": 300.0}


def test_notifications_that_are_not_due_are_not_a_backlog(world: World) -> None:
    stored(world, scheduled_delivery=NOON + timedelta(milliseconds=1))

    assert overdue_ages(world.ports, shards("pigeon", "owl")) == {"pigeon": 0.0, "owl": 0.0}


def test_one_module_that_cannot_be_asked_leaves_the_others_theirs(world: World) -> None:
    lost = stored(world, module="owl", scheduled_delivery=NOON - timedelta(minutes=9))
    stored(world, scheduled_delivery=NOON - timedelta(minutes=1))
    store = Throttled(world.ports.notifications, shard_of("owl", lost.id, SHARDS))

    ages = overdue_ages(replace(world.ports, notifications=store), shards("owl", "pigeon"))

    assert ages == {"pigeon": 60.0}


class Throttled:
    """A store that refuses to read one shard."""

    def __init__(self, store: Any, shard: str) -> None:
        self.store = store
        self.shard = shard

    def oldest_due(self, shard: str) -> Any:
        if shard == self.shard:
            raise TimeoutError
        return self.store.oldest_due(shard)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)
