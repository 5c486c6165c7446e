"""What the rules choose from."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.delivery import Complained, Confirmed, Outcome, ReportContent
from notification_core.domain.failures import (
    AccountBlocked,
    ConsentWithdrawn,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    RetryOnce,
    Throttled,
)
from notification_core.domain.timing import CONSUMER_TIME_LIMIT
from notification_core.usecases.sending.changed_content import Changes
from notification_core.usecases.sending.draft import Draft
from tests.model.stepper import Fate
from tests.model.worlds import TARGET, USER

#: The time limits of the functions, as the template has them.
LIMITS = {
    "consumer": CONSUMER_TIME_LIMIT,
    "dispatcher": timedelta(seconds=55),
    "worker": timedelta(seconds=60),
}
API_LIMIT = timedelta(seconds=29)

#: The clocks of two machines are never quite the same.
SKEWS = [timedelta(0), timedelta(seconds=-2), timedelta(seconds=2)]
skews = st.sampled_from(SKEWS)

END = "its end"
#: Where each kind is left standing, for others to come between.
PLACES = {
    "create": [END, END, "notifications.create", "queues.send"],
    "person": [
        END,
        END,
        "notifications.list_by_user",
        "notifications.advance",
        "the end of its sleep",
    ],
    "change": [
        END,
        END,
        "opt_outs.get",
        "contents.put",
        "notifications.advance",
        "notifications.advance",
        "queues.send",
    ],
    "dispatcher": [END, "notifications.due", "queues.send", "modules.advance_cursors"],
    "consumer": [
        END,
        END,
        "notifications.claim",
        "opt_outs.get",
        "provider.send",
        "provider.send",
        "provider.look",
        "notifications.add_poll",
        "notifications.advance",
        "notifications.replace_poll",
    ],
    "report": [END, END, "notifications.advance"],
    "worker": [END, END, "jobs.put", "notifications.advance", "notifications.remove"],
}


def places(kind: str) -> st.SearchStrategy[str]:
    """Choose where one of this kind is left standing."""
    return st.sampled_from(PLACES[kind])


#: How a provider may refuse; the last one leaves it open whether it took it.
REFUSALS: list[Callable[[], Outcome]] = [
    lambda: RetryLater("503"),
    lambda: Throttled("429", retry_after=1),
    lambda: Throttled("429"),
    lambda: RetryOnce("30008"),
    lambda: InvalidAddress("410"),
    lambda: InvalidAddress("552", soft=True, retries=1),
    lambda: Rejected("400"),
    lambda: ConsentWithdrawn("21610"),
    lambda: AccountBlocked("30002"),
    lambda: OutcomeUnknown("read-timeout"),
]
#: What a provider answers to a send; None where it takes it.
answers = st.sampled_from([None, None, None, REFUSALS[-1], REFUSALS[-1], *REFUSALS])

#: What a provider says in the end of what it took.
VERDICTS: list[Callable[[], ReportContent]] = [
    Confirmed,
    lambda: Complained("abuse"),
    *REFUSALS[:-1],
]

SCOPES = [category_scope("news"), category_scope("security"), target_scope(TARGET), EVERYTHING]

fates = st.sampled_from([Fate.DONE] * 4 + [*Fate])

#: Which of some; the first is the latest.
few = st.integers(0, 3)


def a_draft(
    now: Any,
    *,
    record: str | None = None,
    due: int = 0,
    before: int | None = None,
    **said: Any,
) -> Draft:
    """Ask for something in `due` seconds, and no later than `before` seconds after that."""
    asked = {"title": "title", "body": "body", "extra": {}} | said
    return Draft(
        target_user_record=record,
        user=None if record else USER,
        scheduled_delivery=now + timedelta(seconds=due),
        deliver_before=now + timedelta(seconds=due + before) if before else None,
        **asked,
    )


def a_change(now: Any, which: int, *, yes: bool, templated: bool) -> Changes:
    """Change the time, the text or the data, or what else a caller may."""
    moment = now + timedelta(seconds=[0, 40, 400, 20][which])
    if yes and templated:
        return {"scheduled_delivery": moment, "data": {"order": f"B-{which}"}}
    if yes:
        body = f"changed {which}" + " and large" * (100 if which == 2 else 0)
        return {"scheduled_delivery": moment, "body": body}
    others: list[Changes] = [
        {"category": "security"},
        {"category": None, "max_retries": 2},
        {"deliver_before": moment},
        {"deliver_before": None, "title": "changed"},
    ]
    return others[which]
