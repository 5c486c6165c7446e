"""The sign-in: only a fresh token for this client, this browser and this attempt is accepted."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notification_core.adapters.cognito import AppClient
from notification_core.domain.console_sessions import Role
from notification_core.domain.errors import Unavailable
from notification_core.entrypoints.console.sign_in import Attempt, SignIn, SignInFailed, claims_of
from tests.console_world import BASE, CLIENT, SETTINGS, ConsoleWorld, Page, add_person

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ATTEMPT = Attempt("state", "nonce", "verifier", "/find?q=x")


def a_token(key: Any = KEY, algorithm: str = "RS256", **changes: Any) -> str:
    """A token as the user pool signs it; a claim that is None is missing."""
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "sub": "1",
        "iss": SETTINGS.issuer,
        "aud": CLIENT.id,
        "iat": now,
        "exp": now + timedelta(hours=1),
        "nonce": "nonce",
        "token_use": "id",
        "cognito:username": "ada",
    }
    given = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(given, key, algorithm)


def test_a_fresh_token_for_this_client_is_accepted() -> None:
    claims = claims_of(a_token(), KEY.public_key(), SETTINGS, CLIENT.id)

    assert claims["cognito:username"] == "ada"


PAST = datetime.now(UTC) - timedelta(hours=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://keys.example.com/another"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": PAST},
        {"exp": None},
        {"iat": None},
        {"sub": None},
    ],
    ids=lambda changes: " ".join(
        f"{name} {type(value).__name__}" for name, value in changes.items()
    ),
)
def test_a_token_of_another_pool_client_or_time_is_refused(changes: Mapping[str, Any]) -> None:
    with pytest.raises(jwt.PyJWTError):
        claims_of(a_token(**changes), KEY.public_key(), SETTINGS, CLIENT.id)


def test_a_token_that_another_key_signed_is_refused() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    with pytest.raises(jwt.InvalidSignatureError):
        claims_of(a_token(other), KEY.public_key(), SETTINGS, CLIENT.id)


def test_a_token_cannot_choose_its_algorithm() -> None:
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = a_token(None, "none")
    header, payload, _ = a_token().split(".")
    with pytest.raises(jwt.InvalidAlgorithmError):
        claims_of(unsigned, KEY.public_key(), SETTINGS, CLIENT.id)
    with pytest.raises(jwt.PyJWTError):
        claims_of(f"{header}.{payload}.", KEY.public_key(), SETTINGS, CLIENT.id)
    assert public  # a public key as the secret of HS256 is refused by PyJWT itself


class Pool(SignIn):
    """A sign-in whose user pool returns a token without a request."""

    def __init__(self, **claims: Any) -> None:
        super().__init__(SETTINGS, lambda: CLIENT, self._read)
        self.token = a_token(**claims)

    def _read(self, token: str, *_: Any) -> Mapping[str, Any]:
        return claims_of(token, KEY.public_key(), SETTINGS, CLIENT.id)

    def _id_token(self, code: str, verifier: str) -> str:
        assert (code, verifier) == ("code", "verifier")
        return self.token


def test_the_username_is_that_of_the_token() -> None:
    assert Pool().finish(ATTEMPT, {"state": "state", "code": "code"}) == "ada"


@pytest.mark.parametrize(
    ("claims", "query"),
    [
        ({}, {"state": "another", "code": "code"}),
        ({}, {"code": "code"}),
        ({}, {"state": "", "code": "code"}),
        ({}, {"state": "state"}),
        ({}, {"state": "state", "error": "access_denied"}),
        ({"nonce": "another"}, {"state": "state", "code": "code"}),
        ({"nonce": None}, {"state": "state", "code": "code"}),
        ({"token_use": "access"}, {"state": "state", "code": "code"}),
        ({"token_use": None}, {"state": "state", "code": "code"}),
        ({"cognito:username": None}, {"state": "state", "code": "code"}),
    ],
    ids=str,
)
def test_an_answer_to_another_attempt_is_refused(
    claims: Mapping[str, Any], query: Mapping[str, str]
) -> None:
    with pytest.raises(SignInFailed):
        Pool(**claims).finish(ATTEMPT, query)


@pytest.mark.parametrize("value", ["", "x", "bnVsbA", "e30", "WzFd", "\u00e4", "W10" * 2000])
def test_a_cookie_that_is_no_attempt_is_refused(value: str) -> None:
    with pytest.raises(SignInFailed):
        Attempt.unseal(value)


def test_an_attempt_survives_its_cookie() -> None:
    attempt = Attempt.begin("/find?q=\u00e4;\"'")

    sealed = attempt.seal()

    assert Attempt.unseal(sealed) == attempt
    assert re.fullmatch(r"[\w-]+", sealed)


def test_the_authorization_request_has_pkce_state_and_nonce() -> None:
    url = urlsplit(SignIn(SETTINGS, lambda: CLIENT).authorize_url(ATTEMPT))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{SETTINGS.oauth_url}/oauth2/authorize"
    assert query == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": CLIENT.callback_url,
        "scope": "openid email",
        "state": "state",
        "nonce": "nonce",
        # base64url of the SHA-256 of "verifier"
        "code_challenge": "iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ",
        "code_challenge_method": "S256",
    }


def begin(site: ConsoleWorld, destination: str = "/") -> tuple[Attempt, str]:
    """Begin to sign in; the attempt and its cookie."""
    page = site.stranger().get("/sign-in", to=destination)
    [cookie] = page.cookies
    value = cookie.partition(";")[0]
    return Attempt.unseal(value.partition("=")[2]), value


def finish(site: ConsoleWorld, cookie: str, state: str) -> Page:
    """Return from the user pool."""
    return site.stranger().get("/callback", {"Cookie": cookie}, code="code", state=state)


def signs_in_as_ada(site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the user pool accept everything from now on."""
    monkeypatch.setattr(site.sign_in, "_id_token", lambda *_: "token")
    claims = {"token_use": "id", "cognito:username": "ada"}

    def verified(*_: Any) -> Mapping[str, Any]:
        return claims | {"nonce": site.nonce}  # type: ignore[attr-defined]  # of this test

    monkeypatch.setattr(site.sign_in, "_verified_claims", verified)


@pytest.mark.parametrize(
    ("wanted", "arrives"),
    [
        ("/", BASE),
        ("/find?q=a%26b", f"{BASE}/find?q=a%26b"),
        ("https://evil.example", BASE),
        ("//evil.example", BASE),
        ("/\\evil.example", BASE),
        ("javascript:alert(1)", BASE),
        ("/x\r\nSet-Cookie: a=b", BASE),
        ("/a b", BASE),
        (f"/find?q={'x' * 1600}", BASE),
        ("", BASE),
    ],
)
def test_a_person_with_a_role_gets_a_session_and_a_page_of_the_console(
    site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch, wanted: str, arrives: str
) -> None:
    add_person(site.ports, Role.SUPPORT)
    attempt, cookie = begin(site, wanted)
    site.nonce = attempt.nonce  # type: ignore[attr-defined]  # of this test
    signs_in_as_ada(site, monkeypatch)

    page = finish(site, cookie, attempt.state)

    assert (page.status, page.headers["Location"]) == (302, arrives)
    kept, ended = page.cookies
    assert kept.startswith("console_session=")
    assert "Max-Age=43200;" in kept
    assert ended.startswith("console_sign_in=; ")
    assert [session.username for session in site.sessions] == ["ada"]


def test_a_new_sign_in_ends_the_session_that_the_browser_had(
    site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = site.person(Role.SUPPORT)
    attempt, cookie = begin(site)
    site.nonce = attempt.nonce  # type: ignore[attr-defined]  # of this test
    signs_in_as_ada(site, monkeypatch)

    finish(site, f"{cookie}; console_session={earlier.session_id}", attempt.state)

    assert earlier.get().status == 303
    assert len(site.sessions) == 1


def test_a_person_without_a_role_gets_no_session_and_is_told_why(
    site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(site.ports)
    attempt, cookie = begin(site)
    site.nonce = attempt.nonce  # type: ignore[attr-defined]  # of this test
    signs_in_as_ada(site, monkeypatch)

    page = finish(site, cookie, attempt.state)

    assert page.status == 403
    assert "Your account has no role yet" in page.body
    assert site.sessions == []
    assert not any(cookie.startswith("console_session=") for cookie in page.cookies)


def test_an_answer_without_the_cookie_of_the_attempt_signs_nobody_in(
    site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_person(site.ports, Role.ADMIN)
    attempt, _ = begin(site)
    site.nonce = attempt.nonce  # type: ignore[attr-defined]  # of this test
    signs_in_as_ada(site, monkeypatch)

    page = finish(site, "other=1", attempt.state)

    assert page.status == 400
    assert "Please sign in again" in page.body
    assert site.sessions == []


def test_the_app_client_is_read_again_after_it_was_rejected() -> None:
    clients = [CLIENT, AppClient("client", "new", CLIENT.callback_url, CLIENT.sign_out_url)]
    sign_in = SignIn(SETTINGS, lambda: clients.pop(0))
    answers = [(400, b'{"error": "invalid_client"}'), (200, json.dumps({"id_token": "t"}).encode())]
    sent = list[str]()

    class Http:
        def request_encode_body(self, *_: Any, headers: Mapping[str, str], **__: Any) -> Any:
            sent.append(headers["authorization"])
            status, data = answers.pop(0)
            return type("Response", (), {"status": status, "data": data})

    sign_in._http = Http()  # type: ignore[assignment]  # it sends no request
    with pytest.raises(SignInFailed):
        sign_in._id_token("code", "verifier")
    assert sign_in._id_token("code", "verifier") == "t"
    assert len(set(sent)) == 2


def test_a_user_pool_that_does_not_answer_is_no_failed_sign_in() -> None:
    settings = type(SETTINGS)(
        **{name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}
        | {"oauth_url": "http://127.0.0.1:9"}
    )
    with pytest.raises(Unavailable):
        SignIn(settings, lambda: CLIENT).finish(ATTEMPT, {"state": "state", "code": "code"})
