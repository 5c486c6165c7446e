"""The sign-in at the user pool: OpenID Connect, authorization code with PKCE, state and nonce.

The function is a confidential client: it exchanges the code with a secret. It uses the tokens once,
to learn who signed in, and keeps none; the roles are read from the user pool (`Directory`).

Sources: RFC 6749 section 4.1 (the code), RFC 7636 (PKCE, S256), OpenID Connect Core 1.0 section
3.1.3.7 (the checks of an ID token), Amazon Cognito Developer Guide, "Verifying JSON web tokens".
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from notification_core.adapters.cognito import AppClient
from notification_core.domain.errors import Unavailable
from notification_core.entrypoints.console.settings import ConsoleSettings

#: Seconds to sign in, from the first redirect to the last.
PATIENCE = 600
#: Seconds for the token endpoint.
TIMEOUT = 5.0


class SignInFailed(Exception):
    """The sign-in cannot be completed; the message is for the person."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way, which the browser keeps in a cookie."""

    state: str
    nonce: str
    verifier: str
    destination: str  #: the path of the page that the person wanted, such as `/find`

    @classmethod
    def begin(cls, destination: str) -> "Attempt":
        """Return a new attempt with new secrets."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, destination)

    def seal(self) -> str:
        """Return the value of the cookie."""
        fields = [self.state, self.nonce, self.verifier, self.destination]
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    @classmethod
    def unseal(cls, value: str) -> "Attempt":
        """Return the attempt in a cookie. Raises SignInFailed."""
        try:
            text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
            state, nonce, verifier, destination = map(str, json.loads(text))
        except (ValueError, TypeError) as error:
            raise SignInFailed(
                "The sign-in took too long, or another window began a new one."
            ) from error
        return cls(state, nonce, verifier, destination)


class SignIn:
    """Signs people in.

    Args:
        settings: where the user pool is.
        find_client: reads the app client of the console; it is called once, and again after the
            user pool has rejected the client.
        verified_claims: returns the claims of an ID token whose signature, issuer, audience and
            expiry are valid; raises SignInFailed. The default imports its library when it is used.
    """

    def __init__(
        self,
        settings: ConsoleSettings,
        find_client: Callable[[], AppClient],
        verified_claims: Callable[[str, ConsoleSettings, str], Mapping[str, Any]] | None = None,
    ) -> None:
        self.settings = settings
        self._find_client = find_client
        self._verified_claims = verified_claims or _verified_claims
        self._client: AppClient | None = None
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT)

    @property
    def client(self) -> AppClient:
        """The console's app client. Raises Unavailable."""
        if self._client is None:
            self._client = self._find_client()
        return self._client

    @property
    def base_path(self) -> str:
        """The path of the console in a browser, such as `/v1/console`.

        Only the callback's URL shows it: the event of a request does not contain the path at which
        the emulator or a domain of your own has the API.
        """
        return urlsplit(self.client.callback_url.removesuffix("/callback")).path

    @property
    def origin(self) -> str:
        """Scheme and host of the console in a browser."""
        parts = urlsplit(self.client.callback_url)
        return f"{parts.scheme}://{parts.netloc}"

    def authorize_url(self, attempt: Attempt) -> str:
        """Return the user pool's page for an attempt."""
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        return f"{self.settings.oauth_url}/oauth2/authorize?" + urlencode(
            {
                "response_type": "code",
                "client_id": self.client.id,
                "redirect_uri": self.client.callback_url,
                "scope": "openid email",
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
                "code_challenge_method": "S256",
            }
        )

    def sign_out_url(self) -> str:
        """Return the address at which the user pool ends its own session."""
        parameters = {"client_id": self.client.id, "logout_uri": self.client.sign_out_url}
        return f"{self.settings.oauth_url}/logout?{urlencode(parameters)}"

    def finish(self, attempt: Attempt, query: Mapping[str, str]) -> str:
        """Complete an attempt with the callback's parameters; return the username.

        Raises:
            SignInFailed: the person, the browser or the user pool did not complete it.
            Unavailable: the user pool does not answer.
        """
        if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
            raise SignInFailed("The answer belongs to another sign-in.")
        if not query.get("code"):
            raise SignInFailed("The sign-in was cancelled or refused.")
        token = self._id_token(query["code"], attempt.verifier)
        claims = self._verified_claims(token, self.settings, self.client.id)
        nonce = str(claims.get("nonce", ""))
        if not hmac.compare_digest(nonce.encode(), attempt.nonce.encode()):
            raise SignInFailed("The token belongs to another sign-in.")
        if claims.get("token_use") != "id" or not claims.get("cognito:username"):
            raise SignInFailed("The token is of another kind.")
        return str(claims["cognito:username"])

    def _id_token(self, code: str, verifier: str) -> str:
        client = self.client
        try:
            response = self._http.request_encode_body(
                "POST",
                f"{self.settings.oauth_url}/oauth2/token",
                {
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": client.callback_url,
                    "client_id": client.id,
                    "code_verifier": verifier,
                },
                headers=urllib3.make_headers(basic_auth=f"{client.id}:{client.secret}"),
                encode_multipart=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable from error
        if response.status >= 500:  # noqa: PLR2004 - the class of server errors
            raise Unavailable
        try:
            return str(json.loads(response.data)["id_token"])
        except (ValueError, KeyError, TypeError) as error:
            self._client = None  # its secret may have been replaced
            raise SignInFailed("The sign-in has expired or was completed before.") from error


def _verified_claims(token: str, settings: ConsoleSettings, client_id: str) -> Mapping[str, Any]:
    import jwt  # noqa: PLC0415 - it takes 150 ms, and only a sign-in needs it

    try:
        keys = jwt.PyJWKClient(settings.jwks_url, timeout=TIMEOUT)
        return claims_of(token, keys.get_signing_key_from_jwt(token).key, settings, client_id)
    except jwt.PyJWKClientConnectionError as error:
        raise Unavailable from error
    except jwt.PyJWTError as error:
        raise SignInFailed("The token is not valid.") from error


def claims_of(token: str, key: Any, settings: ConsoleSettings, client_id: str) -> Mapping[str, Any]:
    """Return the claims of a token that this key signed, for this client.

    Raises:
        jwt.PyJWTError: the signature, the issuer, the audience or the time is not valid, or a
            claim is missing.
    """
    import jwt  # noqa: PLC0415 - as above

    claims: Mapping[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=client_id,
        issuer=settings.issuer,
        options={"require": ["aud", "exp", "iat", "iss", "sub"]},
    )
    return claims
