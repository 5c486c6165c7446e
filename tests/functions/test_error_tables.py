"""The tables of errors that are shipped: complete, and of the class that each code deserves."""

import re

import pytest

from notification_core.domain.error_table import Row
from notification_core.domain.failures import ErrorClass, ProviderError
from notification_core.providers.mail.enhanced_codes import keys
from tests.functions.ends import table_of

#: Each class, and the codes that the providers' documentation puts in it.
TWILIO = {
    "recipient": """
        21211 21214 21217 21265 21266 21268 21604 21614 21635 30005 30006
    """,
    "consent": "21610",
    "message": """
        14103 21602 21612 21617 30004 30007 30442 30884 32017 32203 63026
    """,
    "one-retry": "30008",
    "configuration": """
        20003 21212 21401 21408 21603 21606 21608 30010 30024 30034
    """,
    "account": "20005 30002",
    "throttled": "20429 21611 30001 63017",
    "transient": "20503 30036 30500 60005",
    "ambiguous": "20500",
}
EXPO = {
    "recipient": "DeviceNotRegistered",
    "message": """
        MessageTooBig PUSH_TOO_MANY_EXPERIENCE_IDS PUSH_TOO_MANY_NOTIFICATIONS
        PUSH_TOO_MANY_RECEIPTS
    """,
    "configuration": "InvalidCredentials MismatchSenderId DeveloperError UNAUTHORIZED",
    "throttled": "MessageRateExceeded TOO_MANY_REQUESTS",
    "transient": "ExpoError ProviderError",
}
EMAIL = {
    "recipient": """
        Bounce:Permanent Bounce:Permanent:General Bounce:Permanent:NoEmail
        Bounce:Permanent:Suppressed Bounce:Permanent:OnAccountSuppressionList
        RCPT:550 RCPT:551 RCPT:553 5.1 5.1.1 5.1.2 5.1.3 5.1.6
    """,
    "soft": """
        Bounce:Transient Bounce:Transient:General Bounce:Transient:MailboxFull
        Bounce:Transient:MessageTooLarge Bounce:Transient:ContentRejected
        Bounce:Transient:AttachmentRejected Bounce:Undetermined Bounce:Undetermined:Undetermined
        RCPT:552 5.2.1 5.2.2
    """,
    "consent": "Complaint",
    "message": """
        MessageRejected BadRequestException Reject RenderingFailure
        FROM:552 FROM:5.3.4 DATA:552 DATA:554 5.2.3 5.3 5.6 5.7 5.7.1
    """,
    "configuration": """
        MessageRejected:NotVerified NotFoundException MailFromDomainNotVerifiedException
        AccessDeniedException
        CONNECT:554 AUTH:530 AUTH:535 FROM:501 FROM:550 FROM:553
        DATA:not:verified
    """,
    "sender": """
        5.1.7 5.1.8 5.7.2x 5.7.3x 5.7.9 5.7.501 5.7.502 5.7.503 5.7.509 5.7.511 5.7.515 5.7.6xx
        4.7.2x 4.7.3x
    """,
    "account": """
        LimitExceededException SendingPausedException AccountSuspendedException
        ThrottlingException:DailyQuotaExceeded DATA:DailyQuotaExceeded
    """,
    "throttled": """
        TooManyRequestsException ThrottlingException RCPT:454 DATA:454 DATA:4.7.0
    """,
    "transient": "CONNECT:421 AUTH:454 RCPT:421 RCPT:450 RCPT:451 RCPT:452",
    "ambiguous": "InternalFailure ServiceUnavailable",
}


def class_of(row: Row) -> str:
    """The class of a row, or a word for a final soft failure or a refusal of our sender."""
    if row.pause_after > 1:
        return "sender"
    assert row.error_class is ErrorClass.RECIPIENT or not row.soft
    return "soft" if row.soft and not row.retries else row.error_class.value


@pytest.mark.parametrize(
    ("module", "classes"), [("twilio", TWILIO), ("expo", EXPO), ("email", EMAIL)]
)
def test_a_table_classifies_every_code_as_the_provider_does(
    module: str, classes: dict[str, str]
) -> None:
    wanted = {
        code.replace(":", " "): kind for kind, codes in classes.items() for code in codes.split()
    }
    if module == "twilio":
        wanted["30003"] = "recipient"
        wanted["30046"] = "soft"

    assert {code: class_of(row) for code, row in table_of(module).rows.items()} == wanted


def test_an_unreachable_handset_is_tried_twice_more_and_only_counts() -> None:
    row = table_of("twilio").rows["30003"]

    assert (row.soft, row.retries) == (True, 2)


@pytest.mark.parametrize("module", ["twilio", "expo", "email"])
def test_every_code_is_explained_in_words_and_by_a_link(module: str) -> None:
    table = table_of(module)

    for code, row in table.rows.items():
        assert row.description, code
        assert not row.description.endswith("."), "it goes on with the provider's words"
        assert re.fullmatch(r"https://[a-z./A-Z0-9#_-]+", table.link(code) or ""), code


def test_a_code_of_twilio_that_is_not_in_the_table_has_its_page_all_the_same() -> None:
    assert table_of("twilio").link("12345") == "https://www.twilio.com/docs/api/errors/12345"
    assert table_of("twilio").link("503") is None


def test_no_code_of_twilio_can_be_taken_for_an_http_status() -> None:
    """The SDK puts the status where an answer had no code: it must not be found."""
    assert all(len(code) == len("30003") for code in table_of("twilio").rows)


def test_a_refusal_of_our_sender_pauses_after_three() -> None:
    rows = table_of("email").rows.values()

    assert {each.pause_after for each in rows} == {1, 3}


def test_codes_of_a_known_provider_mean_our_sender() -> None:
    """Google, Microsoft and Yahoo, as their pages on SMTP errors say."""
    table = table_of("email")
    google = "5.7.24 5.7.25 5.7.26 5.7.27 5.7.28 5.7.29 5.7.30 5.7.32 4.7.26 4.7.27 4.7.30 4.7.32"
    microsoft = "5.7.23 5.7.509 5.7.511 5.7.515 5.7.606 5.7.620 5.7.649"
    yahoo = "5.7.9"
    rfc7372 = " ".join(f"5.7.{detail}" for detail in range(20, 27))

    for code in f"{google} {microsoft} {yahoo} {rfc7372}".split():
        failure = table.failure(ProviderError(*keys(code), otherwise=ErrorClass.MESSAGE))
        assert (failure.error_class, failure.pause_after) == ("configuration", 3), code
    for code in ("5.7.0", "5.7.1", "5.7.2", "5.7.322", "5.7.507", "5.7.513"):
        failure = table.failure(ProviderError(*keys(code), otherwise=ErrorClass.MESSAGE))
        assert failure.error_class is ErrorClass.MESSAGE, code
