"""Why a notification is where it is, in plain words."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.delivery import Complained, Confirmed, Delayed
from notification_core.domain.explanation import Decision, explain_notification
from notification_core.domain.explanation_texts import REMEDIES, WORDS
from notification_core.domain.failures import (
    ConsentWithdrawn,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import WAITING, Status
from notification_core.domain.timeline import EventKind, TimelineEvent
from tests.builders import (
    NOON,
    TELLING,
    a_claim,
    a_claimed,
    a_module,
    a_notification,
    a_pause,
    a_record,
    a_table,
    an_entry,
    an_opt_out,
)
from tests.domain.imported import AN_IMPORT
from tests.domain.reports import a_report, after_reports, sent
from tests.domain.standing import LATER, VERBS, standing

NOW = NOON - timedelta(minutes=1)
RECORD = a_record(target_user_id="+15551230004")
TABLE = a_table(_21211={"class": "recipient", "description": "the number is not one"})
MODULE = a_module(errors=TABLE)


def decisions(notification: Notification, module: Module | None = MODULE) -> list[Decision]:
    """Return what was decided, with nothing else in the way."""
    return explain_notification(notification, RECORD, None, module, NOW).decisions


def about(name: str, found: list[Decision]) -> str:
    """Return the first decision about this."""
    return next(each.message for each in found if each.topic == name)


def test_every_status_has_a_remedy_or_waits_for_its_time() -> None:
    assert set(REMEDIES) | WAITING == set(Status)
    for status in Status:
        says = explain_notification(standing(status), RECORD, None, MODULE, NOW).next_step
        assert re.fullmatch(r"[A-Z].*\.", says)


def written() -> set[str]:
    """Return every word that a verb, a settlement or a provider's news writes."""
    confirming = a_module(confirmation=TELLING)
    sending, delivered = a_claimed(), sent().delivered(NOON, "SM1")
    stories = [verb(standing(_before(status))) for status, verb in VERBS.items()]
    stories += [
        standing(Status.RETRY).dead_lettered(NOON, RetryLater("dead-letter")),
        standing(Status.INACTIVE_DEVICE).redriven(NOON, LATER, 3, "by job 1"),
        sending.postponed(NOON, Throttled("429"), LATER),
        sending.probed(NOON, Throttled("429"), LATER),
        after_reports(
            sending.possibly_sent(NOON, OutcomeUnknown("cut"), LATER), a_report(Rejected("30007"))
        ),
        sending.possibly_sent(NOON, OutcomeUnknown("cut"), LATER),
        sending.refused_by_user(NOON, ConsentWithdrawn("21610")),
        sent().unconfirmed(NOON),
        standing(Status.RETRY).changed(NOON, ["title"]),
        next_state(sending, OutcomeUnknown("cut"), confirming, NOON),
        after_reports(sent(), a_report(Delayed("busy"))),
        after_reports(delivered, a_report(Rejected("30007"))),
        after_reports(delivered, a_report(Complained("Complaint"))),
        after_reports(sending, a_report(Confirmed())),
    ]
    words = {entry.event for story in stories for entry in story.timeline}
    return words | {entry.event for entry in AN_IMPORT.timeline("django", NOON)}


def _before(status: Status) -> Status:
    return Status.RETRY if status in {Status.CANCELLED, Status.SENDING} else Status.SENDING


def test_every_word_that_a_timeline_can_hold_is_explained_and_no_other() -> None:
    assert written() == set(WORDS)


def test_an_explanation_has_consent_record_and_schedule_and_then_the_timeline_in_order() -> None:
    notification = a_claimed().retried(NOON, RetryLater("503", "busy"), LATER)

    found = decisions(notification)

    assert [each.topic for each in found] == [
        "consent",
        "record",
        "schedule",
        "schedule",
        "attempt",
        "attempt",
    ]
    assert [each.at for each in found] == [
        None,
        None,
        None,
        *(each.at for each in notification.timeline),
    ]
    assert found[-1].message == "It was not sent, and will be retried, because busy."


def test_a_code_is_described_in_the_tables_words_with_a_link() -> None:
    [*_, last] = decisions(a_claimed().inactive_device(NOON, InvalidAddress("21211", "invalid To")))

    assert last.message.endswith("because the number is not one: invalid To.")
    assert (last.code, last.docs_url) == ("21211", "https://pigeon.example/errors/21211")


def test_a_code_of_our_own_has_no_page() -> None:
    [*_, last] = decisions(a_claimed().unknown(NOON, OutcomeUnknown("read-timeout")))

    assert (last.code, last.docs_url) == ("read-timeout", None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("connection-cut", "because the connection was cut before the provider responded."),
        ("read-timeout", "because the provider did not respond in time."),
    ],
)
def test_a_failed_connection_is_described_without_the_name_of_an_exception(
    code: str, words: str
) -> None:
    outcome = OutcomeUnknown(code, "ProtocolError")

    [*_, last] = decisions(a_claimed().unknown(NOON, outcome))

    assert last.message.endswith(words)
    assert "ProtocolError" not in last.message


def test_a_message_of_a_provider_with_a_full_stop_gets_no_second_one() -> None:
    [*_, last] = decisions(a_claimed().unknown(NOON, OutcomeUnknown("451", "try again later.")))

    assert last.message.endswith("because try again later.")
    assert not last.message.endswith("..")


def test_the_schedule_counts_attempts_and_names_every_time() -> None:
    notification = a_notification(
        deliver_before=NOON + timedelta(hours=1), retry_attempts=1, max_retries=4
    )

    assert about("schedule", decisions(notification)) == (
        "Scheduled for 2026-03-01T12:00:00Z, and no later than 2026-03-01T13:00:00Z. "
        "1 of 4 attempts failed. It is due next at 2026-03-01T12:00:00Z."
    )
    delivered = sent().delivered(NOON, "SM1")
    assert about("schedule", decisions(delivered)) == "Scheduled for 2026-03-01T12:00:00Z."


OFF = RECORD.deactivated(InvalidAddress("21211", "not a number"), NOON)
RECORDS: list[tuple[TargetUserRecord | None, str, str]] = [
    (RECORD, "The address +1555•••0004 is active.", ""),
    (replace(RECORD, strikes=2), "The address +1555•••0004 is active, with 2 strikes.", ""),
    (replace(RECORD, active=False), "The address +1555•••0004 was deactivated.", ""),
    (OFF, "The address was deactivated at 2026-03-01T12:00:00Z: not a number.", "21211"),
    (None, "The target user record was deleted.", ""),
]


@pytest.mark.parametrize(("record", "says", "code"), RECORDS)
def test_the_record_is_shown_as_it_is_now_with_a_shortened_address(
    record: TargetUserRecord | None, says: str, code: str
) -> None:
    found = explain_notification(a_notification(), record, None, MODULE, NOW)

    [told] = [each for each in found.decisions if each.topic == "record"]
    assert (told.message, told.code) == (says, code)
    assert found.address == (None if record is None else "+1555•••0004")
    assert RECORD.target_user_id not in str(found)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("everything", "of everything"),
        ("target:target", "of the target target"),
        ("category:news", "of the category news"),
    ],
)
def test_an_opt_out_is_shown_with_its_scopes_its_source_and_its_time(
    scope: str, words: str
) -> None:
    entry = an_entry(scope=scope, source=ConsentSource.REPLY)
    opt_out = an_opt_out(entries=(entry,))

    found = explain_notification(a_notification(category="news"), RECORD, opt_out, MODULE, NOW)

    assert found.decisions[0].message == (
        f"The user has opted out: {words}, by a reply of the recipient, at 2026-03-01T12:00:00Z."
    )
    assert found.next_step.startswith("It will end as OPTED OUT")


def test_an_opt_out_of_another_scope_holds_nothing_back() -> None:
    found = explain_notification(a_notification(), RECORD, an_opt_out("target:other"), MODULE, NOW)

    assert found.decisions[0].message == "The user has not opted out of this."
    assert found.next_step == "It will be sent at 2026-03-01T12:00:00Z."


def test_an_opt_out_that_has_ended_is_shown_for_notifications_created_before_it() -> None:
    opt_out = OptOut.begun("eggs", NOON)
    for active, hours in [(True, 0), (False, 1)]:
        entry = an_entry(active=active, at=NOON + timedelta(hours=hours))
        opt_out = opt_out.with_entry(entry)

    found = explain_notification(a_notification(), RECORD, opt_out, MODULE, NOW)

    assert found.decisions[0].message == (
        "The user opted out after it was created, and in again: "
        "of everything, by caller, at 2026-03-01T12:00:00Z."
    )
    assert found.next_step.endswith("send a new one.")
    later = a_notification(created_at=NOON + timedelta(hours=2))
    told = explain_notification(later, RECORD, opt_out, MODULE, NOW).decisions[0].message
    assert told == "The user has not opted out of this."


def test_a_mandatory_category_is_described_as_mandatory() -> None:
    module = replace(MODULE, mandatory_categories=frozenset({"receipts"}))

    found = explain_notification(
        a_notification(category="receipts"), RECORD, an_opt_out(), module, NOW
    )

    assert "receipts is mandatory" in found.decisions[0].message
    assert found.next_step.startswith("It will be sent at")


@pytest.mark.parametrize(
    ("by", "words", "remedy"),
    [
        (
            PausedBy.FAULT,
            "because the provider rejects our requests",
            "Fix the problem that the code names; a successful probe",
        ),
        (
            PausedBy.REPORTS,
            "because recipients' servers refuse our sender",
            "Fix the problem that the code names, and resume the target.",
        ),
        (PausedBy.PERSON, "by a person", "Resume the target when the reason is gone."),
    ],
)
def test_a_paused_target_is_what_stands_in_the_way(by: PausedBy, words: str, remedy: str) -> None:
    module = replace(MODULE, pause=a_pause(by=by))

    found = explain_notification(a_notification(), RECORD, an_opt_out(), module, NOW)

    last = found.decisions[-1]
    assert (last.topic, last.code) == ("target", "20003")
    assert (
        last.message
        == f"The target has been paused since 2026-03-01T12:00:00Z, {words}: authenticate."
    )
    assert last.docs_url == "https://pigeon.example/errors/20003"
    assert found.next_step.startswith(remedy)


@pytest.mark.parametrize(
    ("record", "module", "words"),
    [
        (RECORD, None, "Deploy the target's handler again."),
        (None, MODULE, "It will end as INACTIVE DEVICE"),
        (OFF, MODULE, "It will end as INACTIVE DEVICE"),
        (RECORD, MODULE, "It will be sent at 2026-03-01T12:00:00Z."),
    ],
)
@pytest.mark.parametrize("status", sorted(WAITING))
def test_a_waiting_notification_is_explained_with_its_next_step(
    status: Status, record: TargetUserRecord | None, module: Module | None, words: str
) -> None:
    found = explain_notification(standing(status), record, None, module, NOW)

    assert found.next_step.startswith(words)


def test_a_due_notification_is_sent_at_any_moment() -> None:
    found = explain_notification(a_notification(), RECORD, None, MODULE, NOON)

    assert found.next_step == "It will be sent any moment now."


def test_a_paused_target_leaves_what_is_over_its_own_remedy() -> None:
    module = replace(MODULE, pause=a_pause())

    over = explain_notification(standing(Status.CANCELLED), RECORD, None, module, NOW)

    assert over.next_step == REMEDIES[Status.CANCELLED]


def test_a_failed_template_is_not_redriven_but_corrected() -> None:
    failed = a_claimed().failed(NOON, Rejected("template-error", "order-ready@1: en sms body"))

    explanation = explain_notification(failed, None, None, None, NOON)

    assert "publish a corrected version" in explanation.next_step
    assert "order-ready@1: en sms body" in explanation.decisions[-1].message


def test_an_attempt_under_way_is_shown() -> None:
    sending = a_notification().claimed(a_claim(), NOON)

    assert explain_notification(sending, RECORD, None, MODULE, NOW).next_step == (
        "It is being sent at this moment."
    )


def test_what_an_sms_takes_is_explained_with_its_acceptance() -> None:
    notification = a_notification(
        timeline=(TimelineEvent(NOON, EventKind.SCHEDULED, "2 SMS segments (GSM-7)"),)
    )

    assert decisions(notification)[3].message == (
        "Accepted from the caller and scheduled: 2 SMS segments (GSM-7)."
    )


OPERATOR = "console: operator@example.com"
ROLE = "arn:aws:sts::123456789012:assumed-role/orders/i-0abc"


def told_of(notification: Notification, opt_out: OptOut | None = None) -> str:
    """The explanation of the latest event."""
    found = explain_notification(notification, RECORD, opt_out, MODULE, NOW)
    return [decision.message for decision in found.decisions if decision.at is not None][-1]


@pytest.mark.parametrize(
    ("by", "who"),
    [
        (OPERATOR, "operator@example.com in the console"),
        (ROLE, "The IAM role orders (session i-0abc)"),
        ("", "The caller"),
    ],
)
def test_a_change_and_a_cancellation_name_who_did_it(by: str, who: str) -> None:
    waiting = a_notification()

    assert told_of(waiting.changed(NOW, ["title"], by)) == f"{who} changed it: title."
    assert told_of(waiting.cancelled(NOW, by)) == f"{who} cancelled it in time."


def test_a_retry_names_who_started_it_and_the_job() -> None:
    failed = standing(Status.DELIVERY_FAILURE)
    retried = failed.redriven(NOW, NOW, 3, "by job 1", OPERATOR)
    again = standing(Status.UNKNOWN).redriven(NOW, NOW, 3, "by job 1", OPERATOR)
    unknown = failed.redriven(NOW, NOW, 3, "by job 1")

    assert told_of(retried) == (
        "operator@example.com in the console retried it after it had failed: by job 1."
    )
    assert told_of(again) == (
        "operator@example.com in the console retried it although it may have been sent, so one"
        " duplicate is possible: by job 1."
    )
    assert told_of(unknown) == "It had failed, and will be retried: by job 1."


def test_an_opt_out_that_ended_it_names_whose_it_was() -> None:
    entries = [
        an_entry(source=ConsentSource.ONE_CLICK, scope="category:news", at=NOON),
        an_entry(source=ConsentSource.API, evidence=OPERATOR, at=NOON),
        an_entry(source=ConsentSource.REPLY, at=LATER + timedelta(hours=1)),
    ]
    ended = a_notification().opted_out(LATER, "found before sending")
    opt_out = an_opt_out(entries=tuple(entries))

    assert told_of(ended, opt_out) == (
        "The user has opted out of it, by operator@example.com in the console:"
        " found before sending."
    )
    assert told_of(ended) == "The user has opted out of it: found before sending."
