"""Requests are signed as AWS wants it, the session's token included."""

import re
from collections.abc import Callable
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.cli.conftest import Gateway, Ran

KEY = Credentials("AKIDEXAMPLE", "secret", "token/of+a=session")
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(.+), SignedHeaders=(.+), Signature=(.+)")


def signature_of(seen: dict[str, Any], gateway: Gateway) -> tuple[str, str, set[str]]:
    """Return the signature that was sent, the right one, and which headers are signed."""
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    found = AUTHORIZATION.fullmatch(headers["authorization"])
    assert found is not None
    assert "/eu-west-1/execute-api/aws4_request" in found[1]
    signed = set(found[2].split(";"))
    url = gateway.url.removesuffix("/v1") + seen["path"]
    said = {name: headers[name] for name in signed}
    request = AWSRequest(seen["method"], url, headers=said, data=seen["body"] or None)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(KEY, "execute-api", "eu-west-1")
    canonical = auth.canonical_request(request)
    right = auth.signature(auth.string_to_sign(request, canonical), request)
    return found[3], right, signed


def test_the_token_of_temporary_credentials_is_signed_along(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    gateway.answers = [(200, {"items": [], "next": None})]

    ran = on_aws("list", "--user", "ann & bob/ü", "--status", "DELIVERY FAILURE", "--json")

    assert (ran.code, ran.err) == (0, "")
    [seen] = gateway.seen
    assert seen["path"] == (
        "/v1/notifications?user=ann%20%26%20bob%2F%C3%BC&status=DELIVERY%20FAILURE&limit=20"
    )
    sent, right, signed = signature_of(seen, gateway)
    assert sent == right
    assert seen["headers"]["X-Amz-Security-Token"] == "token/of+a=session"
    assert "x-amz-security-token" in signed


def test_a_body_and_a_key_of_the_callers_are_signed_too(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    gateway.answers = [(201, {"items": [], "next": None})]

    ran = on_aws("send", "ann", "Hi", "-", "--idempotency-key", "k 1", "--json", stdin="Grüße\n")

    assert (ran.code, ran.err) == (0, "")
    [seen] = gateway.seen
    sent, right, signed = signature_of(seen, gateway)
    assert sent == right
    assert {"host", "idempotency-key", "content-type"} <= signed
    assert seen["headers"]["Idempotency-Key"] == "k 1"


def test_a_users_id_is_one_part_of_a_path(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    gateway.answers = [(404, {"type": "urn:notifications:problem:not-found", "detail": "x"})]

    on_aws("opt-out", "a/b?c", "--show", "--json")

    [seen] = gateway.seen
    assert seen["path"] == "/v1/opt-outs/a%2Fb%3Fc"
    sent, right, _ = signature_of(seen, gateway)
    assert sent == right
