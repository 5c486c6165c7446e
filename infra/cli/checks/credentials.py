"""May it send: the secrets, and the sender of e-mails."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.cli.checks.stack import Finding, Resource, Stack
from infra.cli.text import counted
from infra.local.layout import PROJECT

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name

TARGETS = PROJECT / "functions" / "targets"

#: The key of the links in e-mails, made by the deployment.
UNSUBSCRIBE = {
    "type": "object",
    "required": ["key"],
    "properties": {"key": {"type": "string", "minLength": 32, "description": "the sealing key"}},
}


def secrets(found: Stack) -> Iterator[Finding]:
    """Whether each secret is there and filled in. What it says is never shown."""
    known, wrong = found.of(SECRET), 0
    for each in known:
        for finding in _secret(found, each):
            wrong += 1
            yield finding
    if not wrong:
        yield Finding("secrets", True, f"{counted(len(known), 'secret')}, all filled in.")


def _secret(found: Stack, resource: Resource) -> Iterator[Finding]:
    name = secret_name(resource.physical)
    kind = name.removeprefix(f"{found.name}/")
    if kind == "email" and found.parameters.get("EmailTransport") == "ses":
        return  # the mail server that it names is not used
    put = ["secretsmanager", "put-secret-value", "--secret-id", name, "--secret-string"]
    client = found.client("secretsmanager")
    try:
        said = client.get_secret_value(SecretId=resource.physical)
    except client.exceptions.ResourceNotFoundException:
        says = f"The secret {name} was deleted, or is empty."
        yield Finding("secrets", False, says, found.session.deployment.deploy)
        return
    shape = secret_shape(kind)
    for wrong in complaints(said.get("SecretString", ""), shape):
        yield Finding("secrets", False, f"{name}: {wrong}", found.aws(*put, sample_of(shape)))
        return  # the remedy writes all of it


def secret_name(physical: str) -> str:
    """Return a secret's name: on AWS the id is an ARN, whose last seven characters are random."""
    return physical.rpartition(":secret:")[2][:-7] if ":secret:" in physical else physical


def secret_shape(kind: str) -> Mapping[str, Any]:
    """Return the JSON Schema of a secret; a target's stands in its target.json."""
    if kind == "unsubscribe":
        return UNSUBSCRIBE
    try:
        said = json.loads((TARGETS / kind / "target.json").read_text())
    except FileNotFoundError:
        said = {}
    found: Mapping[str, Any] = said.get("secret", {"type": "object"})
    return found


def complaints(text: str, shape: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with a secret, without a word of what it says."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to import

    try:
        value = json.loads(text)
    except ValueError:
        yield "it is no JSON."
        return
    if not isinstance(value, dict):
        yield "it is no JSON object."
        return
    if value and not any(value.values()) and "required" in shape:
        yield "it still holds the placeholders of the deployment."
        return
    for error in Draft202012Validator(shape).iter_errors(value):
        yield _complaint(error, value, shape)


def _complaint(error: Any, value: Mapping[str, Any], shape: Mapping[str, Any]) -> str:
    if error.validator == "required" and not error.absolute_path:
        missing = [each for each in error.validator_value if each not in value]
        return f"{missing[0]} is missing."
    if not error.absolute_path:
        return f"{shape.get('description', 'it is not of the right form')}."
    field = str(error.absolute_path[0])
    wanted = shape["properties"][field].get("description", "of another form")
    empty = value.get(field) in ("", None)
    return f"{field} {'is empty' if empty else 'is not right'}: it must be {wanted}."


def sample_of(shape: Mapping[str, Any]) -> str:
    """Return a secret to fill in."""
    names = shape.get("required") or ["..."]
    return json.dumps(dict.fromkeys(names, "..."))


def sender(found: Stack) -> Iterator[Finding]:
    """Whether SES lets us send in the name of the sender."""
    address = found.parameters.get("EmailFrom", "")
    if found.parameters.get("EmailTransport") == "smtp":
        yield Finding("sender", True, "E-mail goes by a mail server; SES is not asked.")
        return
    domain = address.rpartition("@")[2]
    if any(_is_verified(found, each) for each in (address, domain)):
        yield Finding("sender", True, f"SES has verified {address}.")
        return
    words = ["sesv2", "create-email-identity", "--email-identity", domain]
    says = f"SES has verified neither {address} nor {domain}; after this, its DNS records."
    yield Finding("sender", False, says, found.aws(*words))


def _is_verified(found: Stack, identity: str) -> bool:
    client = found.client("sesv2")
    try:
        said = client.get_email_identity(EmailIdentity=identity)
    except client.exceptions.NotFoundException:
        return False
    return bool(said["VerifiedForSendingStatus"])
