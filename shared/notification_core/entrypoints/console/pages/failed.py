"""Failed notifications, grouped by target and code, and their retry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from notification_core.domain.audit import AuditAction
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.errors import InvalidInput
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.local_times import local_moment, zone_of
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.rendering import quantity
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.console.auditing import audited
from notification_core.usecases.queries.failure_groups import EXAMINED, recent_failures
from notification_core.usecases.sending.redrive import MAX_IDS, Redrive, redrive

#: The periods that the page offers: hours, and what they are called.
PERIODS = ((1, "1 hour"), (24, "24 hours"), (168, "7 days"), (720, "30 days"))
DEFAULT_HOURS = 24
#: What the form calls the beginning of a period.
SINCE = "Since"
#: Notifications of one group that are listed.
LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The period whose failures are shown. It ends now."""

    since: datetime
    hours: int | None  #: its length, if it is one of `PERIODS`
    query: Mapping[str, Any]  #: the parameters of an address that shows the same period


def show(call: Call) -> Response:
    """Show the groups.

    Raises:
        InvalidInput: the beginning of the period is not a time, or has not come yet.
    """
    period = _period(call)
    failures = recent_failures(call.ports, period.since)
    modules = {module.name: module for module in call.ports.modules.recent()}
    rows = []
    for group in failures.groups():
        errors = modules[group.module].errors if group.module in modules else None
        row = errors.rows.get(group.code) if errors else None
        link = errors.link(group.code) if errors and group.code else None
        members = call.site.url(
            "/failed/group", target=group.target, code=group.code, **period.query
        )
        rows.append(
            {
                "group": group,
                "meaning": row.description if row else "",
                "link": link,
                "members": members,
            }
        )
    return call.page(
        "failed.html",
        "Failed",
        rows=rows,
        total=_total(len(failures.items), len(rows)),
        period=period,
        periods=PERIODS,
        is_complete=failures.is_complete,
        examined=EXAMINED,
        until=to_epoch_ms(call.now),
        since=to_epoch_ms(period.since),
        targets=target_names(call),
    )


def _total(failed: int, groups: int) -> str:
    """Return how much has failed, in one sentence."""
    subject = quantity(failed, "notification has", "notifications have")
    return f"{subject} failed in {quantity(groups, 'group', 'groups')}."


def group(call: Call) -> Response:
    """Show the notifications of one group. Raises as `show`."""
    period = _period(call)
    target, code = call.required_query("target"), call.query("code") or ""
    failures = recent_failures(call.ports, period.since)
    listed = list(islice(failures.of(target, code), LISTED))
    stored = call.ports.notifications.get([failure.notification.id for failure in listed])
    return call.page(
        "failed_group.html",
        "Failed",
        rows=[
            (notification, failure.at)
            for notification, failure in zip(stored, listed, strict=True)
            if notification is not None
        ],
        code=code,
        period=period,
        all_failures=call.site.url("/failed", **period.query),
        listed=LISTED,
        is_complete=failures.is_complete,
        examined=EXAMINED,
        target=target_names(call).get(target, target),
    )


def retry(call: Call) -> Response:
    """Retry the notifications of a group by a job, or only count what it would do."""
    target, code = call.field("target"), call.field("code")
    is_dry = call.field("dry_run") == "yes"
    request = Redrive(
        **_selection(call, target, code),
        include_uncertain=call.field("include_uncertain") == "yes",
        dry_run=is_dry,
    )
    action = AuditAction.COUNT if is_dry else AuditAction.RETRY_MANY
    name = target_names(call).get(target, target)
    subject = f"failed notifications of target {name} with code {code or '(none)'}"
    with audited(call.console, call.session, action, subject, call.field("reason")) as change:
        change.job = redrive(call.ports, request, call.by).id
        change.outcome = "started a job"
    return call.redirect(f"/jobs/{change.job}")


def _selection(call: Call, target: str, code: str) -> dict[str, Any]:
    since, until = _moment(call, "since"), _moment(call, "until")
    if code:
        return {"target": target, "error_code": code, "since": since, "until": until}
    # A filter without a code would select every code.
    failures = recent_failures(call.ports, since)
    ids = [failure.notification.id for failure in failures.of(target, "") if failure.at <= until]
    if not ids:
        raise InvalidInput.of("code", "no notification has failed without a code in this period")
    return {"ids": ids[:MAX_IDS]}


def _moment(call: Call, name: str) -> datetime:
    text = call.field(name)
    if not (text.isdecimal() and text.isascii() and len(text) <= len("9999999999999")):
        raise InvalidInput.of(name, "is not a time; open the page again")
    return from_epoch_ms(int(text))


def _period(call: Call) -> Period:
    text, zone_name = call.query("since"), call.query("time_zone")
    if text is None:
        hours = _hours(call.query("hours"))
        since = call.now - timedelta(hours=hours)
        return Period(since=since, hours=hours, query={"hours": hours})
    since = local_moment(text, zone_of(zone_name or ""), SINCE)
    if since > call.now:
        raise InvalidInput.of(SINCE, "must not be in the future")
    return Period(since=since, hours=None, query={"since": text, "time_zone": zone_name})


def _hours(text: str | None) -> int:
    known = {str(hours): hours for hours, _ in PERIODS}
    return known.get(text or "", DEFAULT_HOURS)
