"""May it send: the secrets, and the sender of e-mails."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from notification_system.cli.checks.stack import Finding, Resource, Stack
from notification_system.cli.formatting import counted

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name

#: The schema of a secret whose target describes none.
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}

SECURE = "SecureString"  #: a parameter's type

#: Keys that the deployment made. That they are there is enough; operators may not read them.
MADE = frozenset({"erasure", "unsubscribe"})


def secrets(found: Stack) -> Iterator[Finding]:
    """Whether all credentials are there and filled in. What they say is never shown."""
    known, modules = found.of(SECRET), _modules_with_parameters(found)
    findings = [_secret(found, secret) for secret in known]
    findings += [_parameter(found, module) for module in modules]
    wrong = [finding for finding in findings if finding]
    number = counted(len(findings), "secret")
    yield from wrong or [Finding("secrets", True, f"{number}, all right.")]


def _is_unused(found: Stack, kind: str) -> bool:
    """Whether it names the mail server of a deployment that has none."""
    return kind == "email" and found.parameters.get("EmailTransport") == "ses"


def _modules_with_parameters(found: Stack) -> list[str]:
    """Return the modules whose credentials lie in Parameter Store."""
    if found.parameters.get("CredentialsIn") != "ParameterStore":
        return []
    deployed = {
        target["notification_module_name"]
        for target in found.targets
        if target["state"] != "undeployed"
    }
    return sorted(module for module in deployed if not _is_unused(found, module))


def _parameter(found: Stack, module: str) -> Finding | None:
    name, shape, client = (
        f"/{found.name}/{module}",
        secret_schema(found, module),
        found.client("ssm"),
    )
    words = ["put-parameter", "--name", name, "--type", SECURE, "--overwrite"]
    remedy = found.aws("ssm", *words, "--value", sample_of(shape))
    try:
        parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    except client.exceptions.ParameterNotFound:
        return Finding("secrets", False, f"There is no parameter {name}.", remedy)
    if parameter["Type"] != SECURE:
        return Finding("secrets", False, f"{name} is not encrypted: it is no {SECURE}.", remedy)
    wrong = next(complaints(parameter["Value"], shape), None)
    return Finding("secrets", False, f"{name}: {wrong}", remedy) if wrong else None


def _secret(found: Stack, resource: Resource) -> Finding | None:
    name = secret_name(resource.physical)
    kind = name.removeprefix(f"{found.name}/")
    if _is_unused(found, kind):
        return None
    shape = secret_schema(found, kind)
    client = found.client("secretsmanager")
    try:
        text = _text(client, resource.physical, kind)
    except client.exceptions.ResourceNotFoundException:
        words = ["create-secret", "--name", name, "--secret-string", sample_of(shape)]
        return _to_mend(found, f"There is no secret {name}.", words)
    if text is None:
        return _to_mend(found, f"{name} was deleted.", ["restore-secret", "--secret-id", name])
    wrong = None if kind in MADE else next(complaints(text, shape), None)
    if wrong is None:
        return None
    words = ["put-secret-value", "--secret-id", name, "--secret-string", sample_of(shape)]
    return _to_mend(found, f"{name}: {wrong}", words)


def _to_mend(found: Stack, says: str, words: list[str]) -> Finding:
    return Finding("secrets", False, says, found.aws("secretsmanager", *words))


def _text(client: Any, secret: str, kind: str) -> str | None:
    """Return what a secret says, nothing of a key that the deployment made; None: it is deleted."""
    if kind in MADE:
        return None if "DeletedDate" in client.describe_secret(SecretId=secret) else ""
    try:
        return str(client.get_secret_value(SecretId=secret).get("SecretString", ""))
    except client.exceptions.InvalidRequestException:
        return None


def secret_name(physical: str) -> str:
    """Return a secret's name: on AWS the id is an ARN, whose last seven characters are random."""
    return physical.rpartition(":secret:")[2][:-7] if ":secret:" in physical else physical


def secret_schema(stack: Stack, kind: str) -> Mapping[str, Any]:
    """Return the JSON Schema of a secret. That of a target is part of its deployed manifest."""
    if kind in MADE:
        return {"type": "object", "required": ["key"]}
    schema: Mapping[str, Any] = stack.manifest(kind).get("secret_schema") or ANY_OBJECT
    return schema


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
