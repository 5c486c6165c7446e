"""The console's settings from the environment of its function."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from notification_core.runtime.settings import read_variables


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Where the console's users sign in."""

    user_pool_id: str
    client_name: str  #: of the console's app client in the user pool
    oauth_url: str  #: base of the sign-in pages and of the token endpoint
    keys_url: str  #: base of the user pool's public keys
    issuer: str  #: of the user pool's tokens

    @property
    def sign_in_origin(self) -> str:
        """Scheme and host of the sign-in pages."""
        parts = urlsplit(self.oauth_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def jwks_url(self) -> str:
        """The address of the public keys that sign tokens."""
        return f"{self.keys_url}/{self.user_pool_id}/.well-known/jwks.json"


@cache
def console_settings() -> ConsoleSettings:
    """Return this process's settings. Raises MissingSettings."""
    return ConsoleSettings(**read_variables(name.upper() for name in ConsoleSettings.__slots__))
