"""The targets, and their pauses."""

from notification_core.domain.audit import AuditAction
from notification_core.domain.errors import InvalidInput
from notification_core.domain.explanation_texts import RESUMPTION, cause_of
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration import pause as pausing
from notification_core.usecases.administration.addresses import get_target
from notification_core.usecases.console.auditing import audited, require_reason

MAX_REASON = 200  #: characters of the reason of a pause


def show(call: Call) -> Response:
    """Show each target with its state."""
    modules = {module.name: module for module in call.ports.modules.all()}
    return call.page(
        "targets.html",
        "Targets",
        rows=[
            {"target": target, "module": modules.get(target.notification_module_name)}
            for target in call.ports.targets.all()
        ],
        cause=cause_of,
        resumption=RESUMPTION,
    )


def pause(call: Call) -> Response:
    """Pause a target."""
    target, reason = get_target(call.ports, call.parameters["id"]), call.field("reason")
    require_reason(reason)
    if len(reason) > MAX_REASON:
        raise InvalidInput.of("reason", f"must be at most {MAX_REASON} characters")
    with audited(
        call.console, call.session, AuditAction.PAUSE, f"target {target.name}", reason
    ) as change:
        pausing.pause_target(call.ports, target.id, reason, call.by)
        change.outcome = "paused"
    return call.redirect("/targets", **{NOTICE: "paused"})


def resume(call: Call) -> Response:
    """Resume a target."""
    target = get_target(call.ports, call.parameters["id"])
    with audited(
        call.console,
        call.session,
        AuditAction.RESUME,
        f"target {target.name}",
        call.field("reason"),
    ) as change:
        pausing.resume_target(call.ports, target.id)
        change.outcome = "resumed"
    return call.redirect("/targets", **{NOTICE: "resumed"})
