"""What the errors of SES say, as botocore raises them."""

import pytest
from botocore.exceptions import ClientError

from notification_core.providers.mail.ses import ONCE, to_provider_error


def an_error(code: str, message: str = "", status: int = 400, **headers: str) -> ClientError:
    """An error as the API answers it."""
    answer = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    told = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": answer}
    return ClientError(told, "SendEmail")


@pytest.mark.parametrize(
    ("error", "codes"),
    [
        (an_error("MessageRejected", "Spam"), ["MessageRejected"]),
        (
            an_error("MessageRejected", "Email address is not verified. The following ..."),
            ["MessageRejected NotVerified", "MessageRejected"],
        ),
        (
            an_error("ThrottlingException", "Daily message quota exceeded."),
            ["ThrottlingException DailyQuotaExceeded", "ThrottlingException"],
        ),
        (
            an_error("ThrottlingException", "Maximum sending rate exceeded."),
            ["ThrottlingException"],
        ),
        (an_error("", "", 503), ["503"]),
    ],
)
def test_a_code_with_two_meanings_is_distinguished_by_its_message(
    error: ClientError, codes: list[str]
) -> None:
    explain_notification = to_provider_error(error)

    assert explain_notification.codes == codes
    assert explain_notification.otherwise is None, "by its status"


def test_the_wait_that_ses_asks_for_is_kept() -> None:
    throttled = an_error("TooManyRequestsException", "", 429, **{"retry-after": "7"})

    assert (to_provider_error(throttled).status, to_provider_error(throttled).retry_after) == (
        429,
        "7",
    )
    assert to_provider_error(an_error("TooManyRequestsException", "", 429)).retry_after is None


def test_the_sdk_repeats_nothing_by_itself() -> None:
    assert ONCE.retries == {"mode": "standard", "total_max_attempts": 1}
