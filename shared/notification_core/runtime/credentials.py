"""What a function's secret says."""

from typing import Any

from notification_core.adapters.secrets import SecretUnavailable
from notification_core.domain.outcomes import Misconfigured
from notification_core.runtime.settings import secret_id
from notification_core.runtime.wiring import secrets

#: The code of a secret that nobody has filled in yet.
INCOMPLETE = "secret-incomplete"


def credentials(*required: str, variable: str = "SECRET_ID") -> dict[str, Any]:
    """Return the secret that a variable of this function names, a JSON object.

    Raises:
        Misconfigured: it cannot be read, or one of `required` is missing or empty (`INCOMPLETE`).
            A mended secret is found a minute later, or five seconds where it could not be read.
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
    """Fetch anew at the next use, once a minute at most: the provider refused these."""
    secrets().forget()
