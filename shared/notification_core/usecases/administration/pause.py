"""Pause and resume targets on behalf of a person."""

from typing import Protocol

from notification_core.domain.addresses import Target
from notification_core.domain.attribution import MAX_BY
from notification_core.domain.modules import Pause, PausedBy
from notification_core.ports import HasClock, HasModules, HasTargets
from notification_core.usecases.administration.addresses import get_module, get_target

DEFAULT_REASON = "paused by hand"


class PausePorts(HasClock, HasModules, HasTargets, Protocol):
    """The ports that these use cases need."""


def pause_target(
    ports: PausePorts, target_id: str, reason: str | None = None, by: str = ""
) -> Target:
    """Stop sending through a target's module; sends that are under way are completed.

    Its notifications wait in the due index. Pausing a paused target changes nothing. `by` is who
    pauses it (`domain/attribution.py`).

    Raises:
        NotFound: there is no such target.
        UnknownModule: its handler is not deployed.
    """
    target = get_target(ports, target_id)
    module = get_module(ports, target.notification_module_name)
    now = ports.clock()
    pause = Pause(by=PausedBy.PERSON, reason=reason or DEFAULT_REASON, since=now, who=by[:MAX_BY])
    ports.modules.pause(module.name, pause)
    return target


def resume_target(ports: PausePorts, target_id: str) -> Target:
    """Resume a target's module, whatever the cause of its pause. Raises as `pause_target`."""
    target = get_target(ports, target_id)
    module = get_module(ports, target.notification_module_name)
    ports.modules.resume(module.name)
    return target
