"""The credentials in a function's secret."""

from typing import Any

from notification_core.adapters.secrets import SecretUnavailable
from notification_core.domain.failures import Misconfigured
from notification_core.runtime.settings import secret_id
from notification_core.runtime.wiring import secrets

#: The code of a secret that has not been filled in yet.
INCOMPLETE = "secret-incomplete"


def credentials(*required: str, variable: str = "SECRET_ID") -> dict[str, Any]:
    """Return the JSON object in the secret that an environment variable of this function names.

    Raises:
        Misconfigured: the secret cannot be read, or a required field is missing or empty
            (`INCOMPLETE`). A corrected secret is used after at most a minute, or after five
            seconds if it could not be read.
    """
    try:
        secret = secrets().get(secret_id(variable))
    except SecretUnavailable as error:
        raise Misconfigured("secret-unreadable", str(error)) from error
    except Exception as error:
        raise Misconfigured("secret-unreadable", type(error).__name__) from error
    missing = [name for name in required if not secret.get(name)]
    if missing:
        forget_credentials()
        raise Misconfigured(INCOMPLETE, f"set {', '.join(missing)} in the secret")
    return secret


def forget_credentials() -> None:
    """Fetch the secrets again at the next use, at most once a minute.

    Call this after the provider has rejected the credentials.
    """
    secrets().forget()
