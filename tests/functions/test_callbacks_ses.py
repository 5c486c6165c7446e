"""What Amazon SES tells of e-mails, as EventBridge hands it over."""

from collections.abc import Iterator

import pytest

from infra.simulator.mail import ses_events
from notification_core.domain.clock import utc_now
from notification_core.domain.error_table import Row
from notification_core.domain.errors import OptedOut
from notification_core.domain.failures import ErrorClass
from notification_core.domain.modules import PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.usecases.consent.opt_out import get_opt_out
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended, enhanced_code, mail_rows
from tests.functions.lambda_calls import Api
from tests.functions.mail_events import Event, hand_over, mail_of, message, raw_message, tell
from tests.functions.targets import Services, some_address, through_the_simulator
from tests.simulator import Running, eventually

ROWS = mail_rows("events")
BOUNCES = {code: row for code, row in ROWS.items() if code.startswith("Bounce")}
ENHANCED = mail_rows("enhanced")


@pytest.fixture
def email(services: Services) -> Iterator[Consumer]:
    """The function that sends, and is told of its mails."""
    environment = {"SES_CONFIGURATION_SET": "notifications"}
    with through_the_simulator(services, **environment) as made:
        yield made


@pytest.fixture
def sent(email: Consumer) -> Notification:
    """A mail that SES took, and that it says nothing of by itself."""
    done = email.deliver(some_address("silent"))
    assert done.status is Status.SENT
    return done


@pytest.mark.parametrize(("code", "row"), BOUNCES.items(), ids=BOUNCES)
def test_every_bounce_of_the_error_table_has_the_effect_of_its_row(
    email: Consumer, sent: Notification, code: str, row: Row
) -> None:
    """A dead address is switched off in the same write that ends the notification."""
    kind, subtype = [*code.split(), "SomethingNew"][1:3]
    event = ses_events.bounced(mail_of(email, sent), kind, subtype)
    for recipient in event["detail"]["bounce"]["bouncedRecipients"]:
        del recipient["status"], recipient["diagnosticCode"]  # it then decides by its type
    tell(event)

    assert_ended(email, email.stored(sent), code, row)


@pytest.mark.parametrize("kind", ["Permanent", "Transient", "Undetermined"])
@pytest.mark.parametrize(("key", "row"), ENHANCED.items(), ids=ENHANCED)
def test_the_code_of_the_recipients_server_has_precedence_over_the_type_of_the_bounce(
    email: Consumer, sent: Notification, kind: str, key: str, row: Row
) -> None:
    code = enhanced_code(key)
    tell(ses_events.bounced(mail_of(email, sent), kind, status=code))

    done = email.stored(sent)
    assert_ended(email, done, key, row, reported=True)
    assert done.last_error is not None
    assert code in done.last_error.message, "of a group of codes the words say which it was"


@pytest.mark.parametrize("subtype", ["Suppressed", "OnAccountSuppressionList"])
def test_a_mail_that_ses_suppressed_is_named_by_the_type_of_its_bounce(
    email: Consumer, sent: Notification, subtype: str
) -> None:
    tell(ses_events.bounced(mail_of(email, sent), "Permanent", subtype))

    code = f"Bounce Permanent {subtype}"
    assert_ended(email, email.stored(sent), code, ROWS[code])


def at(email: Consumer, domain: str) -> Notification:
    """A mail that SES took for an address at a domain."""
    return email.deliver(some_address("silent").replace("example.com", domain))


def refused(email: Consumer, *mails: Notification, status: str = "5.7.26") -> None:
    """Let the recipients' servers refuse these."""
    for mail in mails:
        event = ses_events.bounced(mail_of(email, mail), "Permanent", status=status)
        for _ in range(2):
            tell(event)


def test_three_servers_of_two_domains_that_refuse_our_sender_pause_the_target(
    email: Consumer, api: Api
) -> None:
    """Gmail 5.7.26, Outlook 5.7.515, Yahoo 5.7.9: our DKIM or DMARC is broken."""
    known = email.ports.modules.sender_refusals("email")
    email.ports.modules.replace_sender_refusals("email", known, ())
    gmail, outlook, yahoo = (at(email, each) for each in ("gmail.com", "outlook.com", "yahoo.com"))

    refused(email, gmail, status="5.7.26")
    refused(email, outlook, status="5.7.515")
    assert email.module.pause is None
    refused(email, yahoo, status="5.7.9")

    pause = email.module.pause
    assert pause is not None
    assert (pause.by, pause.code) == (PausedBy.REPORTS, "5.7.9")
    for mail in (gmail, outlook, yahoo):
        assert email.stored(mail).status is Status.DELIVERY_FAILURE
        assert email.get_record(mail).active
    waiting = email.ask(email.record(some_address()))
    email.run(wake_up_for(waiting))
    assert email.stored(waiting).status is Status.SCHEDULED, (
        "SES would take it, and it would bounce"
    )

    [target] = [each for each in api("GET", "/targets").body["items"] if each["name"] == "Email"]
    assert (target["state"], target["pause"]["by"]) == ("paused", "reports")
    assert target["pause"]["docs_url"] == "https://senders.yahooinc.com/smtp-error-codes/"
    assert api("POST", f"/targets/{target['id']}/resume", {}).status == 200
    email.run(wake_up_for(waiting))
    assert email.stored(waiting).status is Status.SENT


def test_a_mail_with_a_virus_in_it_fails(email: Consumer, sent: Notification) -> None:
    tell(ses_events.rejected(mail_of(email, sent)))

    assert_ended(email, email.stored(sent), "Reject", ROWS["Reject"])


def test_a_template_that_cannot_be_filled_in_fails_its_mail(
    email: Consumer, sent: Notification
) -> None:
    event = ses_events.rejected(mail_of(email, sent))
    event["detail"] |= {"eventType": "Rendering Failure", "failure": {"errorMessage": "no"}}
    tell(event)

    assert_ended(email, email.stored(sent), "RenderingFailure", ROWS["RenderingFailure"])


def test_every_row_of_an_event_has_a_test() -> None:
    assert ROWS.keys() - BOUNCES.keys() == {"Complaint", "Reject", "RenderingFailure"}


@pytest.mark.parametrize(
    ("category", "scope"), [("news", "category:news"), (None, "target:{target}")]
)
def test_a_complaint_is_an_opt_out_of_its_category_or_of_all_mail(
    email: Consumer, category: str | None, scope: str
) -> None:
    sent = email.deliver(some_address("silent"), category=category)
    complaint = ses_events.complained(mail_of(email, sent))
    for _ in range(2):
        tell(complaint)

    done = email.stored(sent)
    assert done.status is Status.DELIVERED, "who calls it spam has it"
    assert [each.event for each in done.timeline[-2:]] == ["delivered", "complaint"]
    assert email.get_record(done).active
    opt_out = get_opt_out(email.ports, email.user)
    [entry] = opt_out.entries
    assert opt_out.scopes == {scope.format(target=done.target)}
    assert (entry.source, entry.evidence) == ("complaint", f"Complaint {sent.provider_message_id}")
    with pytest.raises(OptedOut):
        email.ask(email.record(some_address()), category=category)


def test_a_complaint_about_what_was_delivered_counts_too(
    email: Consumer, sent: Notification
) -> None:
    mail = mail_of(email, sent)
    tell(ses_events.delivered(mail))
    tell(ses_events.complained(mail))

    done = email.stored(sent)
    assert done.status is Status.DELIVERED
    assert [each.event for each in done.timeline[-2:]] == ["delivered", "complaint"]
    assert get_opt_out(email.ports, email.user).scopes == {f"target:{done.target}"}


@pytest.mark.parametrize("over", [True, False])
def test_a_complaint_counts_for_a_user_with_the_maximum_of_opt_outs(
    email: Consumer, sent: Notification, *, over: bool
) -> None:
    email.fill_ledger(over=over)

    tell(ses_events.complained(mail_of(email, sent)))

    with pytest.raises(OptedOut):
        email.ask(email.get_record(sent))


def test_a_complaint_that_comes_again_after_an_opt_in_changes_nothing(
    email: Consumer, sent: Notification, api: Api
) -> None:
    complaint = ses_events.complained(mail_of(email, sent))
    tell(complaint)
    assert (
        api("PUT", f"/opt-outs/{email.user}", {"active": False, "targets": ["Email"]}).status == 200
    )

    tell(complaint)
    assert not get_opt_out(email.ports, email.user).active


def test_a_delay_is_noted_once_and_changes_nothing_else(
    email: Consumer, sent: Notification
) -> None:
    mail = mail_of(email, sent)
    for attempt in (1, 2, 3):
        tell(ses_events.delayed(mail, attempt))
    delayed = email.stored(sent)
    assert delayed.status is Status.SENT
    assert delayed.confirmation(utc_now()) is ConfirmationState.AWAITED
    assert delayed.due_at == sent.due_at
    assert [each.event for each in delayed.timeline[-2:]] == ["sent", "delayed"]

    tell(ses_events.delivered(mail))
    assert email.stored(sent).status is Status.DELIVERED


def test_events_in_the_wrong_order_move_nothing_back(email: Consumer, sent: Notification) -> None:
    mail = mail_of(email, sent)
    tell(ses_events.bounced(mail, "Permanent", "NoEmail"))
    done = email.stored(sent)
    for event in (ses_events.delayed(mail), ses_events.rejected(mail)):
        tell(event)
    assert email.stored(sent) == done

    tell(ses_events.delivered(mail), ses_events.delayed(mail), ses_events.rejected(mail))
    assert email.stored(sent).status is Status.DELIVERED, "it was, before it came back"
    assert not email.get_record(sent).active


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "Subscription", "SomethingNew"])
def test_other_kinds_of_events_change_nothing(
    email: Consumer, sent: Notification, kind: str
) -> None:
    event = ses_events.delivered(mail_of(email, sent))
    event["detail"]["eventType"] = kind

    tell(event)
    assert email.stored(sent) == sent


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"notification": ""},
        {"notification": "0b9cf1a8-0000-4000-8000-000000000000"},
        {"notification": "x" * 256},
        {"other": "tag"},
    ],
)
def test_an_event_about_a_mail_that_we_did_not_send_is_ignored(
    email: Consumer, sent: Notification, tags: dict[str, str]
) -> None:
    mail = mail_of(email, sent)
    event = ses_events.delivered(mail)
    event["detail"]["mail"]["tags"] = {name: [value] for name, value in tags.items()}

    tell(event)
    assert email.stored(sent) == sent


@pytest.mark.parametrize(
    "detail", [{}, {"eventType": "Delivery"}, {"eventType": "Bounce", "mail": {}}]
)
def test_an_incomplete_event_is_ignored(email: Consumer, detail: Event) -> None:
    del email
    tell({"source": "aws.ses", "detail-type": "Email Delivered", "detail": detail})


@pytest.mark.parametrize("body", ["", "{", "7", "{}", '{"detail": []}'])
def test_an_invalid_event_is_handed_over_again_and_affects_no_other(
    email: Consumer, sent: Notification, body: str
) -> None:
    bad = raw_message(body)
    good = message(ses_events.delivered(mail_of(email, sent)))

    assert hand_over(bad, good) == [bad["messageId"]]
    assert email.stored(sent).status is Status.DELIVERED


def test_an_event_that_cannot_be_recorded_is_handed_over_again(
    email: Consumer, sent: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = message(ses_events.bounced(mail_of(email, sent)))
    with monkeypatch.context() as patch:
        patch.setattr("notification_core.usecases.sending.confirm.TRIES", 0)
        assert hand_over(event) == [event["messageId"]]

    assert hand_over(event) == []
    assert email.stored(sent).status is Status.INACTIVE_DEVICE


@pytest.mark.parametrize(
    ("name", "events", "status"),
    [
        ("ok", 1, Status.DELIVERED),
        ("delay", 3, Status.DELIVERED),
        ("bounce-Permanent-General", 1, Status.INACTIVE_DEVICE),
        ("bounce-Transient-MailboxFull", 1, Status.DELIVERY_FAILURE),
        ("bounce-permanent-5.7.26", 1, Status.DELIVERY_FAILURE),
        ("bounce-transient-5.1.1", 1, Status.INACTIVE_DEVICE),
        ("complaint", 2, Status.DELIVERED),
        ("reject", 1, Status.DELIVERY_FAILURE),
    ],
)
def test_the_simulators_events_are_processed(
    email: Consumer, simulator: Running, name: str, events: int, status: Status
) -> None:
    address = some_address(name)
    sent = email.deliver(address)
    told = eventually(
        lambda: simulator.get("/events", to=address)["items"], lambda each: len(each) == events
    )

    tell(*told)
    assert email.stored(sent).status is status


def test_a_code_that_is_of_no_row_is_one_of_its_subject(
    email: Consumer, sent: Notification
) -> None:
    event = ses_events.bounced(mail_of(email, sent), "Transient", "ContentRejected")
    event["detail"]["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "smtp; 535 5.7.8 denied"
    tell(event)

    assert_ended(email, email.stored(sent), "5.7", Row(error_class=ErrorClass.MESSAGE))


def test_events_of_a_mail_without_an_attempt_tag_are_processed(
    email: Consumer, sent: Notification
) -> None:
    mail = mail_of(email, sent)
    assert "attempt" not in mail.tags
    tell(ses_events.delivered(mail))

    assert email.stored(sent).status is Status.DELIVERED


def test_an_event_without_a_recipient_ends_its_mail(email: Consumer, sent: Notification) -> None:
    event = ses_events.bounced(mail_of(email, sent), "Permanent", "General")
    event["detail"]["mail"]["destination"] = []
    event["detail"]["bounce"]["bouncedRecipients"] = []
    tell(event)

    assert email.stored(sent).status is Status.INACTIVE_DEVICE


def test_the_deliveries_of_a_batch_are_recorded_together_and_other_events_one_by_one(
    email: Consumer,
) -> None:
    mails = [email.deliver(some_address("silent")) for _ in range(4)]
    bounce = ses_events.bounced(mail_of(email, mails[3]))

    tell(*(ses_events.delivered(mail_of(email, each)) for each in mails[:3]), bounce)

    statuses = [email.stored(each).status for each in mails]
    assert statuses == [Status.DELIVERED] * 3 + [Status.INACTIVE_DEVICE]
