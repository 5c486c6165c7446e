"""What is done with an address on the page of its user."""

from notification_core.domain.audit import AuditAction
from notification_core.domain.errors import NotFound
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.pages.user import key_of, subject_of, user_of
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration.addresses import change_record, get_record
from notification_core.usecases.console.auditing import audited, require_reason


def use_again(call: Call) -> Response:
    """Activate an address that was deactivated; the page says the result.

    Raises:
        NotFound: the user has no such address.
        InvalidInput: there is no reason.
    """
    key, reason = key_of(call.request.form), call.field("reason")
    user, record = user_of(call, *key), get_record(call.ports, call.parameters["id"])
    if record.user != user:
        raise NotFound("This user has no such address.")
    require_reason(reason)
    subject, notice = subject_of(user), "address_active_already"
    with audited(call.console, call.session, AuditAction.ACTIVATE, subject, reason) as change:
        change.outcome = f"address {record.id} was active already"
        if not record.active:
            change_record(call.ports, record.id, active=True)
            notice, change.outcome = "address_active", f"address {record.id} is active again"
    return call.redirect("/user", **dict([key]), **{NOTICE: notice})
