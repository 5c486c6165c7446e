"""The load and the source trees of `make upgrade`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.upgrade import load as kinds
from tests.upgrade import trees
from tests.upgrade.load import Load
from tests.upgrade.run import STATUSES, UNDER_WAY
from tests.upgrade.trees import ReleaseMissing, newer_tree, previous_release, release_tree

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)


def loaded() -> Load:
    """A load of every kind."""
    load = Load(2000, Random(1))
    load.orders_of(*kinds.EARLY, kinds.CANCELLED, kinds.OPTED_OUT, kinds.TOMORROW, kinds.SLOW)
    load.orders_of(*kinds.DUE, due=(35, 150))
    load.orders_of(kinds.MEANWHILE)
    return load


def test_the_kinds_are_two_thousand_notifications_with_a_title_and_an_address_each() -> None:
    load = loaded()

    assert len(load.orders) == 2000
    assert len({order.request.token for order in load.orders}) == 2000
    assert len({recipient.address for recipient in load.recipients}) == len(load.recipients)


def test_the_kinds_end_in_every_status_that_is_an_end() -> None:
    ends = {status for order in loaded().orders for status in order.kind.ends}

    assert ends == STATUSES - UNDER_WAY


def test_a_notification_that_expires_says_when() -> None:
    [expired] = [kind for kind in kinds.EARLY if kind.expires]
    order = Load(100, Random(1)).orders_of(expired)[0]

    payload = order.payload(NOW)

    times = [
        datetime.fromisoformat(payload[name]) for name in ("scheduled_delivery", "deliver_before")
    ]
    assert times[1] - times[0] == timedelta(seconds=6)
    assert times[0] > datetime.now(UTC) - timedelta(minutes=1)


def test_the_previous_release_is_the_newest_recorded_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = tmp_path / "releases.json"
    recorded.write_text('{"1.9.0": "nine", "1.10.0": "ten", "1.2.0": "two"}')
    monkeypatch.setattr(trees, "RELEASES", recorded)

    assert previous_release() == ("1.10.0", "ten")


def test_a_commit_that_the_clone_does_not_have_is_named_with_the_command_that_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "TREES", tmp_path)

    with pytest.raises(ReleaseMissing, match="git fetch --unshallow"):
        release_tree("0" * 40)


def test_the_newer_release_stores_an_attribute_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "TREES", tmp_path)
    monkeypatch.setattr(trees, "_with_tools", lambda tree: tree)

    text = (newer_tree() / trees.CHANGED).read_text()

    assert trees.LATER_ATTRIBUTE in text
    compile(text, trees.CHANGED, "exec")
