"""The tables of errors that are shipped: complete, and of the class that each code deserves."""

import re

import pytest

from notifications.domain.error_table import Row
from notifications.domain.outcome import ErrorClass
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
        RCPT:550 RCPT:551 RCPT:553 RCPT:5.1 RCPT:5.1.1 RCPT:5.1.2 RCPT:5.1.3 RCPT:5.1.6 DATA:5.1.1
    """,
    "soft": """
        Bounce:Transient Bounce:Transient:General Bounce:Transient:MailboxFull
        Bounce:Transient:MessageTooLarge Bounce:Transient:ContentRejected
        Bounce:Transient:AttachmentRejected Bounce:Undetermined Bounce:Undetermined:Undetermined
        RCPT:552 RCPT:5.2.1 RCPT:5.2.2 DATA:5.2.2
    """,
    "consent": "Complaint",
    "message": """
        MessageRejected BadRequestException Reject RenderingFailure
        FROM:552 FROM:5.3.4 RCPT:5.3 RCPT:5.7 DATA:552 DATA:554 DATA:5.7.1
    """,
    "configuration": """
        MessageRejected:NotVerified NotFoundException MailFromDomainNotVerifiedException
        AccessDeniedException
        CONNECT:554 AUTH:530 AUTH:535 FROM:501 FROM:550 FROM:553 RCPT:5.1.7 RCPT:5.1.8
        DATA:not:verified
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
    """The class of a row, or a word for a final soft failure."""
    assert row.error_class is ErrorClass.RECIPIENT or not row.soft
    return "soft" if row.soft and not row.retries else row.error_class.value


@pytest.mark.parametrize(
    ("module", "classes"), [("twilio", TWILIO), ("expo", EXPO), ("email", EMAIL)]
)
def test_a_table_says_of_every_code_what_the_provider_says(
    module: str, classes: dict[str, str]
) -> None:
    wanted = {
        code.replace(":", " "): kind for kind, codes in classes.items() for code in codes.split()
    }
    if module == "twilio":
        wanted["30003"] = "recipient"

    assert {code: class_of(row) for code, row in table_of(module).rows.items()} == wanted


def test_an_unreachable_handset_is_tried_twice_more_and_only_counts() -> None:
    row = table_of("twilio").rows["30003"]

    assert (row.soft, row.retries) == (True, 2)


@pytest.mark.parametrize("module", ["twilio", "expo", "email"])
def test_every_code_is_explained_in_words_and_by_a_link(module: str) -> None:
    table = table_of(module)

    for code, row in table.rows.items():
        assert row.means, code
        assert not row.means.endswith("."), "it goes on with the provider's words"
        assert re.fullmatch(r"https://[a-z./A-Z0-9#_-]+", table.link(code) or ""), code


def test_a_code_of_twilio_that_is_not_in_the_table_has_its_page_all_the_same() -> None:
    assert table_of("twilio").link("12345") == "https://www.twilio.com/docs/api/errors/12345"
    assert table_of("twilio").link("503") is None


def test_no_code_of_twilio_can_be_taken_for_an_http_status() -> None:
    """The SDK puts the status where an answer had no code: it must not be found."""
    assert all(len(code) == len("30003") for code in table_of("twilio").rows)
