"""Finds a deployment: the local stack's file, or the outputs of a stack on AWS."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notification_system.errors import ConfigurationError
from notification_system.signing import SigV4Signer

#: Where `make up` describes the local stack, below the checkout.
LOCAL_STACK_FILE = Path(".local") / "stack.json"

#: Names another stack.json.
LOCAL_STACK_VARIABLE = "NOTIFY_LOCAL"

_API_HOST = re.compile(r"://[^/]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


@dataclass(frozen=True, slots=True)
class Deployment:
    """The address of an API, and the signer of its requests."""

    url: str
    signer: SigV4Signer
    is_local: bool = False  #: on the loopback interface, where no proxy forwards


def find_local_stack(folder: Path) -> Path:
    """Return the stack.json of the checkout that contains a folder.

    Raises:
        ConfigurationError: there is none.
    """
    for parent in (folder, *folder.parents):
        if (parent / LOCAL_STACK_FILE).is_file():
            return parent / LOCAL_STACK_FILE
    raise ConfigurationError(
        f"There is no local stack: no {LOCAL_STACK_FILE} in {folder} or a parent folder"
    )


def read_local_stack(path: Path) -> dict[str, Any]:
    """Return the description of a local stack. Raises ConfigurationError."""
    try:
        access: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigurationError(f"There is no local stack: {path}: no such file") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    return access


def local_deployment(path: str | Path | None = None, *, is_operator: bool = False) -> Deployment:
    """Return the local stack: of a stack.json, or of the checkout of the current folder.

    Its requests have the rights of an application, or of an operator.
    """
    from botocore.credentials import Credentials  # noqa: PLC0415 - slow to import

    named = path or os.environ.get(LOCAL_STACK_VARIABLE)
    access = read_local_stack(Path(named) if named else find_local_stack(Path.cwd()))
    # The stack.json of an older `make up` has no operator.
    prefix = "operator_" if is_operator and "operator_access_key_id" in access else ""
    key = Credentials(access[f"{prefix}access_key_id"], access[f"{prefix}secret_access_key"])
    return Deployment(access["api_url"], SigV4Signer(key, access["region"]), is_local=True)


def stack_deployment(stack: str, *, region: str | None, profile: str | None) -> Deployment:
    """Return a stack on AWS, by its output `ApiUrl`.

    Raises:
        ConfigurationError: there is no such stack, no region, or no credentials.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    session = _session(region, profile)
    try:
        cloudformation = session.create_client("cloudformation")
        outputs = _outputs(cloudformation.describe_stacks(StackName=stack)["Stacks"][0])
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(f"the stack {stack!r} cannot be read: {error}") from error
    if "ApiUrl" not in outputs:
        raise ConfigurationError(f"the stack {stack!r} has no output ApiUrl")
    return url_deployment(outputs["ApiUrl"], region=region, profile=profile)


def url_deployment(
    url: str, *, region: str | None = None, profile: str | None = None, credentials: Any = None
) -> Deployment:
    """Return an API at a URL, which includes the stage.

    The region is taken from the argument, from an `execute-api` host name, or from the AWS
    configuration.

    Raises:
        ConfigurationError: no region or no credentials were found.
    """
    host = _API_HOST.search(url)
    named = region or (host.group(1) if host else None)
    if credentials is not None and named:
        return Deployment(url, SigV4Signer(credentials, named))
    session = _session(named, profile)
    credentials = credentials or session.get_credentials()
    if credentials is None:
        raise ConfigurationError(
            "No AWS credentials were found. Set AWS_PROFILE, log in, or pass credentials."
        )
    signing_region = session.get_config_variable("region")
    if not signing_region:
        raise ConfigurationError("No region is configured. Pass region, or set AWS_REGION.")
    return Deployment(url, SigV4Signer(credentials, signing_region))


def _session(region: str | None, profile: str | None) -> Any:
    import botocore.session  # noqa: PLC0415 - slow to import

    session = botocore.session.Session(profile=profile)
    if region := region or os.environ.get("AWS_REGION"):
        session.set_config_variable("region", region)
    return session


def _outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
