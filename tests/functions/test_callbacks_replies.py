"""What Twilio calls: the replies to messages, STOP and START above all."""

from uuid import uuid4

import pytest

from notification_core.domain.consent import OptOut
from notification_core.domain.errors import OptedOut
from notification_core.domain.status import Status
from notification_core.usecases.consent.opt_out import get_opt_out
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Api
from tests.functions.public import Twilio, a_gateway
from tests.functions.targets import TWILIO_SECRET, Services, some_number
from tests.simulator import Running

CALL = Twilio()
STOPS = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"]
STARTS = ["START", "YES", "UNSTOP"]


@pytest.fixture
def number(twilio: Consumer) -> str:
    """A number that the user has."""
    number = some_number()
    twilio.record(number)
    return number


def ledger(twilio: Consumer) -> OptOut | None:
    """What the user has said."""
    return twilio.ports.opt_outs.get([twilio.user]).get(twilio.user)


def stopped(twilio: Consumer) -> bool:
    """Whether the user gets no text messages."""
    opt_out = ledger(twilio)
    return opt_out is not None and opt_out.active


@pytest.mark.parametrize("word", [*STOPS, "stop", " Stop ", "Stop.", "opt-out", "\nSTOP\n"])
def test_a_stop_keyword_is_an_opt_out_of_text_messages(
    twilio: Consumer, number: str, word: str
) -> None:
    assert CALL.passes_on(number, word, "SM1") == 200

    opt_out = get_opt_out(twilio.ports, twilio.user)
    [entry] = opt_out.entries
    [record] = twilio.ports.records.list_by_user(twilio.user)
    assert opt_out.scopes == {f"target:{record.target}"}
    assert (entry.active, entry.source, entry.evidence) == (True, "reply", "SM1")
    assert record.active


@pytest.mark.parametrize(
    "word", ["please stop", "STOP it", "Don't stop", "HELP", "INFO", "", "1234", "yes please"]
)
def test_any_other_text_is_not_a_keyword(twilio: Consumer, number: str, word: str) -> None:
    assert CALL.passes_on(number, word) == 200
    assert ledger(twilio) is None


@pytest.mark.parametrize("word", [*STARTS, "start", "Yes!"])
def test_a_start_keyword_ends_the_opt_out(twilio: Consumer, number: str, word: str) -> None:
    CALL.passes_on(number, "STOP")
    assert stopped(twilio)

    assert CALL.passes_on(number, word) == 200
    assert not stopped(twilio)


def test_twilios_own_reading_of_a_text_counts(twilio: Consumer, number: str) -> None:
    """Advanced Opt-Out has words of the customer's own, in any language."""
    CALL.passes_on(number, "arrêter", OptOutType="STOP")
    assert stopped(twilio)
    CALL.passes_on(number, "stop", OptOutType="HELP")
    CALL.passes_on(number, "start", OptOutType="HELP")
    assert stopped(twilio)
    CALL.passes_on(number, "reprendre", OptOutType="START")
    assert not stopped(twilio)


def test_a_reply_without_twilios_signature_is_ignored(twilio: Consumer, number: str) -> None:
    assert Twilio(token="another token").passes_on(number, "STOP") == 403
    assert ledger(twilio) is None


def test_a_reply_that_comes_again_after_a_later_one_changes_nothing(
    twilio: Consumer, number: str
) -> None:
    CALL.passes_on(number, "STOP", "SM1")
    CALL.passes_on(number, "STOP", "SM1")
    CALL.passes_on(number, "START", "SM2")
    CALL.passes_on(number, "STOP", "SM1")
    assert not stopped(twilio)
    CALL.passes_on(number, "STOP", "SM3")
    CALL.passes_on(number, "START", "SM2")

    assert stopped(twilio)
    opt_out = ledger(twilio)
    assert opt_out is not None
    assert [each.evidence for each in opt_out.entries] == ["SM1", "SM2", "SM3"]


def test_nothing_more_is_sent_after_a_stop(
    twilio: Consumer, number: str, simulator: Running
) -> None:
    [record] = twilio.ports.records.list_by_user(twilio.user)
    waiting = twilio.ask(record)

    CALL.passes_on(number, "STOP")
    assert twilio.stored(waiting).status is Status.OPTED_OUT
    with pytest.raises(OptedOut):
        twilio.ask(record)
    twilio.ask(record, category="security")
    CALL.passes_on(number, "START")
    twilio.ask(record)

    assert twilio.stored(waiting).status is Status.OPTED_OUT, "a yes restores nothing"
    assert simulator.inbox(number) == []


def test_a_reply_counts_for_every_user_of_the_number(twilio: Consumer, number: str) -> None:
    other = Consumer(twilio.ports, "Twilio", twilio.handler, "twilio", twilio.clock)
    other.record(number)

    CALL.passes_on(number, "STOP")
    assert stopped(twilio)
    assert stopped(other)


def test_a_reply_from_an_unknown_number_is_accepted(twilio: Consumer) -> None:
    del twilio
    assert CALL.passes_on(some_number(), "STOP") == 200


def test_an_opt_out_of_everything_is_not_ended_by_a_text_message(
    twilio: Consumer, number: str, api: Api
) -> None:
    api("PUT", f"/opt-outs/{twilio.user}", {"active": True})
    CALL.passes_on(number, "STOP")

    CALL.passes_on(number, "START")
    opt_out = ledger(twilio)
    assert opt_out is not None
    assert opt_out.scopes == {"everything"}


@pytest.mark.parametrize("reach", ["all-texts", "everything"])
def test_how_far_a_stop_reaches_is_the_deployments_choice(
    twilio: Consumer, number: str, api: Api, reach: str
) -> None:
    with twilio.changed(stop_scope=reach):
        CALL.passes_on(number, "STOP")
        body = api("GET", f"/opt-outs/{twilio.user}").body
        assert (body["everything"], bool(body["targets"])) == (
            reach == "everything",
            reach == "all-texts",
        )
        CALL.passes_on(number, "START")
        assert not stopped(twilio)
        api("PUT", f"/opt-outs/{twilio.user}", {"active": True})
        CALL.passes_on(number, "STOP")
        CALL.passes_on(number, "START")

    assert api("GET", f"/opt-outs/{twilio.user}").body["everything"], "it was said elsewhere too"


@pytest.mark.parametrize("over", [True, False])
def test_a_stop_counts_for_a_user_with_the_maximum_of_opt_outs(
    twilio: Consumer, number: str, *, over: bool
) -> None:
    twilio.fill_ledger(over=over)
    [record] = twilio.ports.records.list_by_user(twilio.user)
    waiting = twilio.ask(record)

    assert CALL.passes_on(number, "STOP") == 200

    assert twilio.stored(waiting).status is Status.OPTED_OUT
    with pytest.raises(OptedOut):
        twilio.ask(record)


def test_a_start_that_overtakes_a_later_stop_is_set_right_by_twilios_refusal(
    services: Services, simulator: Running
) -> None:
    """Twilio's webhook says no time: what comes in last counts as said last."""
    import requests  # noqa: PLC0415

    number = some_number()
    with (
        a_gateway() as url,
        services.consumer("Twilio", TWILIO_SECRET) as twilio,
    ):
        record = twilio.record(number)
        stop = {"from": number, "body": "STOP", "url": f"{url}/callbacks/twilio/messages"}
        requests.post(f"{simulator.url}/twilio/replies", json=stop, timeout=10).raise_for_status()
        assert stopped(twilio)
        CALL.passes_on(number, "START", "SM1")
        assert not stopped(twilio), "the START that was sent first has come last"

        assert twilio.again(twilio.ask(record)).status is Status.OPTED_OUT
        assert stopped(twilio)
        assert simulator.inbox(number) == []


def test_a_start_keyword_ends_an_opt_out_of_a_refusal_by_twilio(twilio: Consumer) -> None:
    number = "+15992161002"
    twilio.deliver(number)
    assert stopped(twilio)

    CALL.passes_on(number, "START")
    assert not stopped(twilio)


def test_the_simulators_replies_are_processed(services: Services, simulator: Running) -> None:
    import requests  # noqa: PLC0415

    number = some_number()
    with (
        a_gateway() as url,
        services.consumer("Twilio", TWILIO_SECRET) as twilio,
    ):
        record = twilio.record(number)

        def replies(body: str) -> int:
            reply = {"from": number, "body": body, "url": f"{url}/callbacks/twilio/messages"}
            answer = requests.post(f"{simulator.url}/twilio/replies", json=reply, timeout=10)
            return int(answer.json()["status"])

        assert replies("Stop") == 200
        assert stopped(twilio)
        mandatory = twilio.ask(record, category="security")
        assert twilio.again(mandatory).status is Status.OPTED_OUT, "Twilio refuses even that"
        assert replies("Start") == 200
        assert not stopped(twilio)
        assert twilio.again(twilio.ask(record)).status is Status.SENT


def test_users_ids_are_not_in_the_logs(
    twilio: Consumer,
    number: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "notification_core")
    CALL.passes_on(number, "STOP", f"SM{uuid4().hex}")

    written = "".join(capfd.readouterr()) + caplog.text
    assert "reply" in written
    assert number.lstrip("+") not in written
    assert twilio.user not in written
