"""Erasing a person when a function is ended, a store fails, or two erasures run at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from notification_core.domain.consent import OptOut
from notification_core.domain.jobs import JobState
from notification_core.domain.notification import Notification
from notification_core.usecases.administration.jobs import get_job, work
from notification_core.usecases.consent.suppression import record_api_consent
from notification_core.usecases.privacy.erasure import erase
from tests.builders import World, an_opt_out
from tests.usecases.privacy.erasures import STEPS, erased, left_of, worked
from tests.usecases.steps import stored


class CutOff(Exception):
    """The function was ended."""


@dataclass
class Fuse:
    """Ends the function after so many writes, once."""

    writes: int

    def lit(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Return a write that may be the last one."""

        def or_die(*args: Any) -> Any:
            done = write(*args)
            self.writes -= 1
            if self.writes == 0:
                raise CutOff
            return done

        return or_die


@pytest.mark.parametrize("writes", range(1, 15))
def test_cut_off_anywhere_it_goes_on_and_ends_the_same(
    world: World, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.opt_outs.put(an_opt_out())
    world.add_record(target_user_id="456")
    stored(world)
    stored(world, user="spam")
    job, fuse = erase(world.ports, "eggs"), Fuse(writes)
    for store, name in [
        (world.jobs, "put"),
        (world.records, "remove"),
        (world.notifications, "remove"),
        (world.suppressions, "put"),
        (world.opt_outs, "put"),
        (world.opt_outs, "remove"),
    ]:
        monkeypatch.setattr(store, name, fuse.lit(getattr(store, name)))

    with pytest.raises(CutOff):
        worked(world, job)
    worked(world, job)

    assert get_job(world.ports, job.id).state is JobState.DONE
    assert left_of(world) == []
    assert len(world.suppressions.stored) == 3
    assert len(world.notifications.stored) == 1


def test_twice_at_once_is_once(world: World) -> None:
    world.opt_outs.put(an_opt_out("category:news"))
    stored(world)
    other = erase(world.ports, "eggs")

    def work_on_the_other() -> None:
        work(world.ports, other.id, STEPS, lambda: False)

    erased(world, between=work_on_the_other)
    worked(world, other)

    assert left_of(world) == []
    assert {each.scopes for each in world.suppressions.stored.values()} == {
        frozenset({"category:news"})
    }


def test_two_simultaneous_erasures_of_a_user_who_never_opted_out_make_no_hash(world: World) -> None:
    other = erase(world.ports, "eggs")

    erased(world, between=lambda: work(world.ports, other.id, STEPS, lambda: False))
    worked(world, other)

    assert world.suppressions.stored == {}


def test_a_store_that_fails_has_the_step_done_again(world: World) -> None:
    stored(world)
    job = erase(world.ports, "eggs")
    real = world.notifications.remove

    def fails(notifications: Sequence[Notification]) -> list[bool | Exception]:
        return [TimeoutError() for _ in notifications]

    world.notifications.remove = fails  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        work(world.ports, job.id, STEPS, lambda: False)
    world.notifications.remove = real  # type: ignore[method-assign]

    assert worked(world, job).counts["notifications"] == 1


def test_a_ledger_that_is_written_to_at_the_last_moment_is_read_again(world: World) -> None:
    real, times = world.opt_outs.remove, [1]

    def racing(opt_out: OptOut) -> bool:
        if times:
            times.pop()
            record_api_consent(world.ports, "eggs", ["category:x"], active=True, evidence="caller")
        return real(opt_out)

    world.opt_outs.remove = racing  # type: ignore[method-assign]

    erased(world)

    assert [each.scopes for each in world.suppressions.stored.values()] == [{"category:x"}]
    assert left_of(world) == []
