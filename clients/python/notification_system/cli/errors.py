"""What goes wrong, in sentences: what it is, and what to do."""

from collections.abc import Callable
from typing import Any

from notification_system.signed_caller import Answer

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN_KEY = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
}
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}

LOG_IN = "Log in again (aws sso login, or renew the session token), then repeat the command."
CHECK_KEY = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE, or name --profile."
OPERATOR = "Attach the stack's policy (its output OperatorPolicyArn) to whoever runs this."


class Trouble(Exception):
    """Something that a person can mend.

    Args:
        says: what is wrong, a sentence.
        remedy: what to do about it; may be empty.
        code: the API's, of a problem document.
    """

    def __init__(self, says: str, remedy: str = "", code: str = "") -> None:
        super().__init__(says)
        self.says = says
        self.remedy = remedy
        self.code = code


def of_answer(answer: Answer) -> Trouble:
    """Explain a refusal of the API, or of the gateway before it."""
    body = answer.body
    if isinstance(body, dict) and "type" in body and "detail" in body:
        return _of_problem(body)
    message = str((body or {}).get("message", "")) if isinstance(body, dict) else str(body or "")
    return _of_gateway(answer.status, message)


def _of_problem(problem: dict[str, Any]) -> Trouble:
    fields = problem.get("errors") or []
    lines = [f"{each['field']}: {each['message']}." for each in fields]
    detail = str(problem["detail"]).strip().rstrip(".")
    says = "\n".join(lines) or f"{detail[:1].upper()}{detail[1:]}."
    return Trouble(says, code=str(problem["type"]).rpartition(":")[2])


def _of_gateway(status: int, message: str) -> Trouble:
    said = f" ({message.rstrip('.')})" if message else ""
    if "expired" in message.lower():
        return Trouble("Your credentials have expired.", LOG_IN)
    if status == 403:  # noqa: PLR2004 - Forbidden
        if "not authorized" in message:
            remedy = "They need execute-api:Invoke on the API; ask whoever owns the account."
            return Trouble(f"Your credentials may not call this API{said}.", remedy)
        return Trouble(f"The API does not accept your credentials{said}.", CHECK_KEY)
    if status == 404:  # noqa: PLR2004 - Not Found
        return Trouble(f"There is no API at this address{said}.", "Check --api-url or --stack.")
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        return Trouble("The API is asked too often.", "Wait a moment, then repeat the command.")
    return Trouble(
        f"The API answered {status}{said}.", "Try again; if it stays so, run: notify doctor"
    )


def of_error(error: Exception, unreachable: Callable[[], str]) -> Trouble | None:
    """Explain an exception of `requests` or of the AWS SDK; None for any other.

    `unreachable` says what to do when nothing answers.
    """
    if type(error).__module__.partition(".")[0] not in {"requests", "botocore", "boto3"}:
        return None
    import requests  # noqa: PLC0415 - slow to import
    from botocore import exceptions as aws  # noqa: PLC0415

    if isinstance(error, requests.Timeout | aws.ReadTimeoutError | aws.ConnectTimeoutError):
        return Trouble("It did not answer in time.", "Try again in a moment.")
    if isinstance(error, requests.ConnectionError | aws.ConnectionError | aws.HTTPClientError):
        return Trouble("Nothing answers there.", unreachable())
    if isinstance(error, aws.ClientError):
        return _of_client_error(error)
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
        return Trouble("There are no AWS credentials.", CHECK_KEY)
    if isinstance(error, aws.ProfileNotFound | aws.NoRegionError | aws.ConfigParseError):
        return Trouble(f"{error}.", "Name --region and --profile, or configure them.")
    if isinstance(error, aws.SSOError | aws.TokenRetrievalError | aws.CredentialRetrievalError):
        return Trouble("Your credentials cannot be renewed.", LOG_IN)
    return Trouble(str(error)) if isinstance(error, aws.BotoCoreError) else None


def _of_client_error(error: Any) -> Trouble:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in EXPIRED or "expired" in message.lower():
        return Trouble("Your credentials have expired.", LOG_IN)
    if code in UNKNOWN_KEY:
        return Trouble(f"AWS does not accept your credentials ({code}).", CHECK_KEY)
    if code in DENIED:
        return Trouble(f"Your credentials may not do this: {error.operation_name}.", OPERATOR)
    return Trouble(f"{error.operation_name}: {message or code}.")
