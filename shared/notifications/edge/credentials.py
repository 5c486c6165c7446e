"""What a function's secret says."""

from typing import Any

from notifications.domain.outcome import Misconfigured
from notifications.edge.settings import secret_id
from notifications.edge.wiring import secrets


def credentials(*required: str, variable: str = "SECRET_ID") -> dict[str, Any]:
    """Return the secret that a variable of this function names, a JSON object.

    Raises:
        Misconfigured: it cannot be read, or one of `required` is missing or empty. What was
            fetched then is forgotten, so that a mended secret is found by the next batch.
    """
    try:
        found = secrets().get(secret_id(variable))
    except Exception as error:
        raise Misconfigured("secret-unreadable", type(error).__name__) from error
    missing = [name for name in required if not found.get(name)]
    if missing:
        forget_credentials()
        raise Misconfigured("secret-incomplete", f"set {', '.join(missing)} in the secret")
    return found


def forget_credentials() -> None:
    """Fetch anew at the next use: the provider refused these."""
    secrets().forget()
