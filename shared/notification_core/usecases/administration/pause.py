"""A person pauses a target, or sends through it again."""

from notification_core.domain.addresses import Target
from notification_core.domain.modules import Pause, PausedBy
from notification_core.ports import Ports
from notification_core.usecases.administration.addresses import get_module, get_target

DEFAULT_REASON = "paused by hand"


def pause_target(ports: Ports, target_id: str, reason: str | None = None) -> Target:
    """Stop sending through a target's module; what is being sent at this moment still goes.

    Its notifications wait in the due index. Pausing twice changes nothing.

    Raises:
        NotFound: there is no such target.
        UnknownModule: its handler is not deployed.
    """
    target = get_target(ports, target_id)
    module = get_module(ports, target.notification_module_name)
    now = ports.clock()
    pause = Pause(by=PausedBy.PERSON, reason=reason or DEFAULT_REASON, since=now)
    ports.modules.pause(module.name, pause)
    return target


def resume_target(ports: Ports, target_id: str) -> Target:
    """Send through a target's module again, whoever paused it. Raises as `pause_target`."""
    target = get_target(ports, target_id)
    module = get_module(ports, target.notification_module_name)
    ports.modules.resume(module.name)
    return target
