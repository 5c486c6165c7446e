"""Errors as sentences for users: the problem, and what to do about it."""

import re
from collections.abc import Callable
from typing import Any

from notification_system.errors import ApiError, ConnectionFailed, NotificationSystemError

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
CHECK_KEY = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE, or pass --profile."
OPERATOR = "Attach the stack's policy (its output OperatorPolicyArn) to the user of this command."
FIND_STACK = "Check --stack and --region, or deploy it: make deploy ENV=..."

#: The name of an action, such as `ses:GetAccount`, in AWS's message of a denied request.
ACTION = re.compile(r"perform: ([a-z0-9-]+:\w+)")

MISSING_STACK = re.compile(r"^Stack .*does not exist")


class CliError(Exception):
    """An error that the user can fix.

    Args:
        message: the problem, as a sentence.
        remedy: what to do about it; may be empty.
        code: the code of the API's problem document, if the API returned one.
    """

    def __init__(self, message: str, remedy: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code


def from_api_error(error: ApiError) -> CliError:
    """Explain an error response of the API, or of the API Gateway in front of it."""
    body = error.body
    if isinstance(body, dict) and "type" in body and "detail" in body:
        return _from_problem(body)
    message = str((body or {}).get("message", "")) if isinstance(body, dict) else str(body or "")
    return _from_gateway(error.status, message)


def _from_problem(problem: dict[str, Any]) -> CliError:
    fields = problem.get("errors") or []
    lines = [f"{error['field']}: {error['message']}." for error in fields]
    detail = str(problem["detail"]).strip().rstrip(".")
    message = "\n".join(lines) or f"{detail[:1].upper()}{detail[1:]}."
    return CliError(message, code=str(problem["type"]).rpartition(":")[2])


def _from_gateway(status: int, message: str) -> CliError:
    quoted = f" ({message.rstrip('.')})" if message else ""
    if "expired" in message.lower():
        return CliError("Your credentials have expired.", LOG_IN)
    if status == 403:  # noqa: PLR2004 - Forbidden
        if "not authorized" in message:
            remedy = "They need the permission execute-api:Invoke; ask the owner of the account."
            return CliError(f"Your credentials are not allowed to call this API{quoted}.", remedy)
        return CliError(f"The API does not accept your credentials{quoted}.", CHECK_KEY)
    if status == 404:  # noqa: PLR2004 - Not Found
        return CliError(f"There is no API at this address{quoted}.", "Check --api-url or --stack.")
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        return CliError("The API received too many requests.", "Wait a moment, then try again.")
    return CliError(
        f"The API answered {status}{quoted}.",
        "Try again; if the error persists, run: notify doctor",
    )


def from_exception(error: Exception, unreachable: Callable[[], str]) -> CliError | None:
    """Explain an exception of the client or of the AWS SDK; return None for any other.

    `unreachable` returns what to do when the connection fails.
    """
    if isinstance(error, NotificationSystemError):
        return _from_client(error, unreachable)
    if type(error).__module__.partition(".")[0] in {"botocore", "boto3"}:
        return _from_sdk(error, unreachable)
    return None


def _from_client(error: NotificationSystemError, unreachable: Callable[[], str]) -> CliError:
    if isinstance(error, ApiError):
        return from_api_error(error)
    if not isinstance(error, ConnectionFailed):
        return CliError(f"{error}.")
    if error.timed_out:
        return CliError("The request timed out.", "Try again in a moment.")
    return CliError("The connection failed.", unreachable())


def _from_sdk(error: Exception, unreachable: Callable[[], str]) -> CliError | None:
    from botocore import exceptions as aws  # noqa: PLC0415 - slow to import

    if isinstance(error, aws.ReadTimeoutError | aws.ConnectTimeoutError):
        return CliError("The request timed out.", "Try again in a moment.")
    if isinstance(error, aws.ConnectionError | aws.HTTPClientError):
        return CliError("The connection failed.", unreachable())
    if isinstance(error, aws.ClientError):
        return _from_client_error(error)
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
        return CliError("There are no AWS credentials.", CHECK_KEY)
    if isinstance(error, aws.ProfileNotFound | aws.NoRegionError | aws.ConfigParseError):
        return CliError(f"{error}.", "Pass --region and --profile, or configure them.")
    if isinstance(error, aws.SSOError | aws.TokenRetrievalError | aws.CredentialRetrievalError):
        return CliError("Your credentials cannot be renewed.", LOG_IN)
    return CliError(str(error)) if isinstance(error, aws.BotoCoreError) else None


def _from_client_error(error: Any) -> CliError:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in EXPIRED or "expired" in message.lower():
        return CliError("Your credentials have expired.", LOG_IN)
    if code in UNKNOWN_KEY:
        return CliError(f"AWS does not accept your credentials ({code}).", CHECK_KEY)
    if code in DENIED:
        named = ACTION.search(message)
        action = named[1] if named else error.operation_name
        return CliError(f"Your credentials do not allow {action}.", OPERATOR)
    if MISSING_STACK.search(message):
        return CliError(f"{message.rstrip('.')}.", FIND_STACK)
    return CliError(f"{error.operation_name}: {message or code}.")
