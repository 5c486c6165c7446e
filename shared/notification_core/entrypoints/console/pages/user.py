"""The page of one user: addresses, opt-outs with their evidence, and notifications."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from notification_core.domain.addresses import MAX_USER, Target, TargetUserRecord, check_text
from notification_core.domain.attribution import in_words, of_statement
from notification_core.domain.audit import AuditAction
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.domain.explanation_texts import RESUMPTION, cause_of
from notification_core.domain.modules import Module
from notification_core.domain.user_settings import UserSettings
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.masking import is_address
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration.addresses import get_record
from notification_core.usecases.consent.opt_out import scopes_of
from notification_core.usecases.consent.suppression import record_api_consent
from notification_core.usecases.console.auditing import audited, require_reason
from notification_core.usecases.console.auditing import unmask as log_and_unmask
from notification_core.usecases.privacy import erasure
from notification_core.usecases.queries.listing import get_stored_notification

#: Notifications of one page.
LIMIT = 25

#: The parameters that name a user. All but `id` name one without showing a user id.
KEYS = ("id", "of", "record")


def subject_of(user: str) -> str:
    """Return what the audit log calls a user."""
    return f"user {user}"


def show(call: Call) -> Response:
    """Show what is stored about a user."""
    key = key_of(call.request.query)
    user = user_of(call, *key)
    unmasked = call.may("unmask_user") and call.session.unmasks(subject_of(user), call.now)
    page = call.ports.notifications.list_by_user(user, LIMIT, call.query("next"))
    records = call.ports.records.list_by_user(user)
    opt_out = call.ports.opt_outs.get([user]).get(user)
    settings = call.ports.user_settings.get([user]).get(user)
    if not (page.items or records or opt_out or settings or call.query("next")):
        raise NotFound("Nothing is stored about this user.")
    targets = target_names(call)
    return call.page(
        "user.html",
        "User",
        user=user,
        key=key,
        unmasked=unmasked,
        has_masked_id=is_address(user),
        records=records,
        settings=settings,
        local_time=_local_time(call, settings),
        opt_out=opt_out,
        scopes=[_scope(targets, scope) for scope in sorted(opt_out.scopes)] if opt_out else [],
        entries=_evidence(targets, opt_out),
        notifications=page,
        rows=[(notification, ()) for notification in page.items],
        more=call.site.url("/user", **dict([key]), next=page.next),
        targets=targets,
        paused=_paused(call, records),
        cause=cause_of,
        resumption=RESUMPTION,
    )


def unmask(call: Call) -> Response:
    """Show the addresses in full for five minutes, in this session."""
    key = key_of(call.request.form)
    user = user_of(call, *key)
    log_and_unmask(call.console, call.session, subject_of(user), call.field("reason"))
    return _back(call, key, "unmasked")


def opt_out(call: Call) -> Response:
    """Opt the user out, or in: of everything, of a target, or of a category."""
    key = key_of(call.request.form)
    user, active = user_of(call, *key), call.field("active") == "true"
    require_reason(call.field("reason"))
    targets = [name] if (name := call.field("target")) else []
    categories = [name] if (name := call.field("category")) else []
    scopes = scopes_of(call.ports, targets, categories)
    action = AuditAction.OPT_OUT if active else AuditAction.OPT_IN
    with audited(
        call.console, call.session, action, subject_of(user), call.field("reason")
    ) as change:
        result = record_api_consent(call.ports, user, scopes, active=active, evidence=call.by)
        change.outcome = f"{', '.join(scopes)}; ended {result.ended} waiting notifications"
        change.job = result.job.id if result.job else None
    return _back(call, key, "opted_out" if active else "opted_in")


def erase(call: Call) -> Response:
    """Start to erase the user.

    Raises:
        InvalidInput: there is no reason, or the user id was not entered once more.
    """
    user = user_of(call, *key_of(call.request.form))
    require_reason(call.field("reason"))
    if call.field("confirmation") != user:
        raise InvalidInput.of("confirmation", "is not the id of the user; nothing was erased")
    with audited(
        call.console, call.session, AuditAction.ERASE, "a user", call.field("reason")
    ) as change:
        change.job = erasure.erase(call.ports, user, call.by).id
        change.outcome = "started a job"
    return call.redirect(f"/jobs/{change.job}")


def key_of(fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the parameter that names the user, and its value. Raises InvalidInput."""
    for name in KEYS:
        if value := fields.get(name, ""):
            return name, value
    raise InvalidInput.of("id", "is missing in the address of this page")


def user_of(call: Call, kind: str, value: str) -> str:
    """Return the user id. Raises NotFound, InvalidInput."""
    if kind == "of":
        return get_stored_notification(call.ports, value).user
    if kind == "record":
        return get_record(call.ports, value).user
    check_text("id", value, MAX_USER)
    return value


def _paused(call: Call, records: Iterable[TargetUserRecord]) -> list[tuple[Target, Module]]:
    """Return the paused targets of these addresses. A pause of some seconds ago may be missing."""
    modules = {module.name: module for module in call.ports.modules.recent() if module.pause}
    addressed = {record.target for record in records}
    return [
        (target, modules[target.notification_module_name])
        for target in call.ports.targets.recent()
        if target.id in addressed and target.notification_module_name in modules
    ]


def _evidence(targets: Mapping[str, str], opt_out: OptOut | None) -> list[dict[str, Any]]:
    """Return the statements of a ledger, the latest first, with who made each in words."""
    return [
        {
            "entry": entry,
            "scope": _scope(targets, entry.scope),
            "who": in_words(of_statement(entry)) or "the API",
            # The signer of a request is who made the statement, and no further evidence.
            "evidence": "" if entry.source is ConsentSource.API else entry.evidence,
        }
        for entry in (opt_out.entries[::-1] if opt_out else ())
    ]


def _local_time(call: Call, settings: UserSettings | None) -> str:
    """Return the time of day where the user is; empty if the time zone is not known."""
    if settings is None or settings.time_zone is None:
        return ""
    return f"{call.now.astimezone(ZoneInfo(settings.time_zone)):%A %H:%M}"


def _back(call: Call, key: tuple[str, str], notice: str) -> Response:
    return call.redirect("/user", **dict([key]), **{NOTICE: notice})


def _scope(targets: Mapping[str, str], scope: str) -> str:
    """Return the words for a scope: `everything`, or the name of a target or category."""
    kind, _, name = scope.partition(":")
    return f"{kind} {targets.get(name, name)}" if name else kind
