"""The checks of the account before a deployment, against a server that answers for AWS."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

from infra.deployment.account import check_account, check_credentials, protection_warning
from infra.deployment.environment_file import Environment
from infra.deployment.errors import DeploymentRefused

IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""

STACK = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>notify</StackName><StackStatus>%s</StackStatus>
<CreationTime>2026-11-29T20:00:00Z</CreationTime></member></Stacks></DescribeStacksResult>
</DescribeStacksResponse>"""

REFUSAL = "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>"

#: A port on which nothing listens.
NOBODY = "http://127.0.0.1:9"


@dataclass
class Aws:
    """The answers of AWS, by action."""

    answers: dict[str, tuple[int, str]] = field(default_factory=dict)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Credentials for a server whose account is 123456789012."""
    account = Aws({"GetCallerIdentity": (200, IDENTITY)})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, body = account.answers[parse_qs(form)["Action"][0]]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    configure(monkeypatch, AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield account
    server.shutdown()
    thread.join()
    server.server_close()


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Set the configuration of the AWS SDK, and nothing of this computer's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    settings = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in (files | settings | variables).items():
        monkeypatch.setenv(name, value)


def environment(**fields: str | dict[str, str]) -> Environment:
    """Return an environment of these fields."""
    values: dict[str, object] = {"stack": "notify", "region": "eu-central-1"}
    return Environment(**values | fields)  # type: ignore[arg-type]


def test_the_account_is_that_of_the_credentials(aws: Aws) -> None:
    assert aws.answers
    assert check_credentials() == "123456789012"
    assert check_account(environment(account="123456789012")) == "123456789012"
    with pytest.raises(DeploymentRefused, match="but the environment is in 999999999999"):
        check_account(environment(account="999999999999"))


def test_credentials_that_aws_refuses_are_told_from_a_network_that_fails(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.answers["GetCallerIdentity"] = (403, REFUSAL % ("InvalidClientTokenId", "not valid"))
    with pytest.raises(DeploymentRefused, match=r"AWS refused the credentials.*InvalidClientToken"):
        check_account(environment())
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    with pytest.raises(DeploymentRefused) as refusal:
        check_account(environment())
    assert f"AWS cannot be reached ({NOBODY}" in str(refusal.value)
    assert "refused" not in str(refusal.value)


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch)
    with pytest.raises(DeploymentRefused, match="No AWS credentials were found"):
        check_credentials()


def test_a_profile_that_does_not_exist_is_named_with_the_place_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(monkeypatch, AWS_CONFIG_FILE=str(tmp_path / "none"))
    with pytest.raises(DeploymentRefused, match=r"profile nope of deploy/x\.toml does not exist"):
        check_account(environment(profile="nope", file="deploy/x.toml"))
    monkeypatch.setenv("AWS_PROFILE", "gone")
    with pytest.raises(DeploymentRefused, match="profile gone of AWS_PROFILE does not exist"):
        check_account(environment())


@pytest.mark.parametrize(
    ("answer", "protects", "warns"),
    [
        ((400, REFUSAL % ("ValidationError", "Stack notify does not exist")), "true", True),
        ((400, REFUSAL % ("ValidationError", "Stack notify does not exist")), "false", False),
        ((200, STACK % "ROLLBACK_COMPLETE"), "true", True),
        ((200, STACK % "UPDATE_COMPLETE"), "true", False),
        ((403, REFUSAL % ("AccessDenied", "not authorized")), "true", False),
    ],
    ids=["no stack", "not protected", "failed first deployment", "update", "denied"],
)
def test_only_a_first_deployment_with_deletion_protection_is_warned_about(
    aws: Aws, answer: tuple[int, str], protects: str, *, warns: bool
) -> None:
    aws.answers["DescribeStacks"] = answer
    warning = protection_warning(environment(parameters={"DeletionProtection": protects}))
    assert (warning is not None) == warns
