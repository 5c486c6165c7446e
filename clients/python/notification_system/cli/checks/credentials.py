"""Checks of the credentials: the secrets, and the sender of e-mails."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from notification_system.cli.checks.finding import Account, Finding, warning
from notification_system.cli.checks.refusals import refusal_of
from notification_system.cli.checks.stack import Resource, Stack
from notification_system.cli.formatting import pluralize

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - the name of a resource type

#: The schema of a secret if the target's manifest has none.
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}

SECURE = "SecureString"  #: the type of an encrypted parameter

#: The error of credentials that nobody has filled in. It is a warning, because a deployment need
#: not send through every target. One that sends without credentials is paused, which is a fault.
PLACEHOLDERS = "it still holds the placeholders of the deployment."
UNUSED = "Fill it in if you send through {module}; until then its notifications wait."

#: Keys that the deployment generates. The check only tests that they exist, because operators are
#: not allowed to read them.
GENERATED_KEYS = frozenset({"erasure", "unsubscribe"})


def secrets(stack: Stack) -> Iterator[Finding]:
    """Check that all credentials exist and are filled in. The findings never show their values."""
    resources = [*stack.of_type(SECRET), *_given_keys(stack)]
    findings = [_secret(stack, resource) for resource in resources]
    findings += [_parameter(stack, module) for module in _modules_with_parameters(stack)]
    problems = [finding for finding in findings if finding]
    number = pluralize(len(findings), "secret")
    yield from problems or [Finding("secrets", True, f"{number}, all valid.")]


def _given_keys(stack: Stack) -> list[Resource]:
    """Return the secrets with the keys of an earlier deployment, which parameters name."""
    return [
        Resource(SECRET, logical_id(kind), arn)
        for kind in sorted(GENERATED_KEYS)
        if (arn := stack.parameters.get(f"{logical_id(kind)}Arn"))
    ]


def logical_id(kind: str) -> str:
    """Return the logical id of a secret in the template, such as `ErasureSecret`."""
    return f"{kind.capitalize()}Secret"


def _is_unused(stack: Stack, kind: str) -> bool:
    """Whether a secret holds the SMTP server's credentials, in a deployment that uses SES."""
    return kind == "email" and stack.parameters.get("EmailTransport") == "ses"


def _modules_with_parameters(stack: Stack) -> list[str]:
    """Return the modules whose credentials are in Parameter Store."""
    if stack.parameters.get("CredentialsIn") != "ParameterStore":
        return []
    deployed = {
        target["notification_module_name"]
        for target in stack.targets
        if target["state"] != "undeployed"
    }
    return sorted(module for module in deployed if not _is_unused(stack, module))


def _parameter(stack: Stack, module: str) -> Finding | None:
    name, schema = f"/{stack.name}/{module}", secret_schema(stack, module)
    client = stack.client("ssm")
    words = ["put-parameter", "--name", name, "--type", SECURE, "--overwrite"]
    remedy = stack.aws("ssm", *words, "--value", secret_template(schema))
    try:
        parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    except client.exceptions.ParameterNotFound:
        return Finding("secrets", False, f"There is no parameter {name}.", remedy)
    if parameter["Type"] != SECURE:
        message = f"{name} is not encrypted: its type is not {SECURE}."
        return Finding("secrets", False, message, remedy)
    error = next(secret_errors(parameter["Value"], schema), None) or _rejection(
        stack, module, parameter.get("LastModifiedDate")
    )
    return _credentials_finding(name, module, error, remedy) if error else None


def _credentials_finding(name: str, module: str, error: str, remedy: str) -> Finding:
    if error == PLACEHOLDERS:
        return warning("secrets", f"{name}: {error} {UNUSED.format(module=module)}", remedy)
    return Finding("secrets", False, f"{name}: {error}", remedy)


def _secret(stack: Stack, resource: Resource) -> Finding | None:
    name = secret_name(resource.physical)
    generated = {logical_id(kind): kind for kind in GENERATED_KEYS}
    kind = generated.get(resource.logical) or name.removeprefix(f"{stack.name}/")
    if _is_unused(stack, kind):
        return None
    schema = secret_schema(stack, kind)
    client = stack.client("secretsmanager")
    try:
        text, changed_at = _read_secret(client, resource.physical, kind)
    except client.exceptions.ResourceNotFoundException:
        words = ["create-secret", "--name", name, "--secret-string", secret_template(schema)]
        return _secret_finding(stack, f"There is no secret {name}.", words)
    if text is None:
        words = ["restore-secret", "--secret-id", name]
        return _secret_finding(stack, f"{name} was deleted.", words)
    error = None
    if kind not in GENERATED_KEYS:
        error = next(secret_errors(text, schema), None) or _rejection(stack, kind, changed_at)
    if error is None:
        return None
    words = ["put-secret-value", "--secret-id", name, "--secret-string", secret_template(schema)]
    return _credentials_finding(name, kind, error, stack.aws("secretsmanager", *words))


def deployed_secret(stack: Stack, module: str) -> Mapping[str, Any]:
    """Return the credentials of a module; empty if they are missing or not a JSON object.

    The caller may decide by them, but must not show them.
    """
    if stack.parameters.get("CredentialsIn") == "ParameterStore":
        client = stack.client("ssm")
        try:
            answer = client.get_parameter(Name=f"/{stack.name}/{module}", WithDecryption=True)
        except client.exceptions.ParameterNotFound:
            return {}
        text = answer["Parameter"]["Value"]
    else:
        client = stack.client("secretsmanager")
        try:
            text, _ = _read_secret(client, f"{stack.name}/{module}", module)
        except client.exceptions.ResourceNotFoundException:
            return {}
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _secret_finding(stack: Stack, message: str, words: list[str]) -> Finding:
    return Finding("secrets", False, message, stack.aws("secretsmanager", *words))


def _rejection(stack: Stack, module: str, changed_at: datetime | None) -> str | None:
    """Return that the provider rejects the credentials, unless they have been changed since."""
    refusal = refusal_of(stack, module)
    if refusal is None or (changed_at is not None and changed_at > refusal.since):
        return None
    return f"the provider rejects these credentials ({refusal.reason})."


def _read_secret(client: Any, secret: str, kind: str) -> tuple[str | None, datetime | None]:
    """Return the text of a secret, and when it was changed.

    The text is empty for a generated key, and None for a deleted secret.
    """
    if kind in GENERATED_KEYS:
        return None if "DeletedDate" in client.describe_secret(SecretId=secret) else "", None
    try:
        answer = client.get_secret_value(SecretId=secret)
    except client.exceptions.InvalidRequestException:
        return None, None
    return str(answer.get("SecretString", "")), answer.get("CreatedDate")


def secret_name(physical: str) -> str:
    """Return a secret's name: on AWS the id is an ARN, whose last seven characters are random."""
    return physical.rpartition(":secret:")[2][:-7] if ":secret:" in physical else physical


def secret_schema(stack: Stack, kind: str) -> Mapping[str, Any]:
    """Return the JSON Schema of a secret; a target's schema is part of its deployed manifest."""
    if kind in GENERATED_KEYS:
        return {"type": "object", "required": ["key"]}
    schema: Mapping[str, Any] = stack.manifest(kind).get("secret_schema") or ANY_OBJECT
    return schema


def secret_errors(text: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a secret, without showing any of its values."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to import

    try:
        value = json.loads(text)
    except ValueError:
        yield "it is not JSON."
        return
    if not isinstance(value, dict):
        yield "it is not a JSON object."
        return
    if value and not any(value.values()) and "required" in schema:
        yield PLACEHOLDERS
        return
    for error in Draft202012Validator(schema).iter_errors(value):
        yield _describe_error(error, value, schema)


def _describe_error(error: Any, value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if error.validator == "required" and not error.absolute_path:
        missing = [name for name in error.validator_value if name not in value]
        return f"{missing[0]} is missing."
    if not error.absolute_path:
        return f"{schema.get('description', 'it does not match its schema')}."
    field = str(error.absolute_path[0])
    expected = schema["properties"][field].get("description", "of another form")
    empty = value.get(field) in ("", None)
    return f"{field} {'is empty' if empty else 'is not valid'}: it must be {expected}."


def secret_template(schema: Mapping[str, Any]) -> str:
    """Return a secret with placeholders for the user to fill in.

    It has the required fields, and the first of several choices, such as Twilio's `from`.
    """
    choices = schema.get("anyOf") or [{}]
    names = [*schema.get("required", ()), *choices[0].get("required", ())]
    return json.dumps(dict.fromkeys(names or ["..."], "..."))


def sender(stack: Stack) -> Iterator[Finding]:
    """Check that SES allows the deployment to send from the sender's address."""
    if stack.parameters.get("EmailTransport") == "smtp":
        yield Finding("sender", True, "E-mail is sent through an SMTP server, without SES.")
    else:
        yield sender_identity(stack, stack.parameters.get("EmailFrom", ""))


def sender_identity(account: Account, address: str) -> Finding:
    """Return whether SES has verified an address, its domain, or a domain above that.

    A verified domain includes its subdomains (Amazon SES Developer Guide, "Verified identities").
    """
    domain = address.rpartition("@")[2]
    labels = domain.split(".")
    domains = [".".join(labels[first:]) for first in range(len(labels) - 1)] or [domain]
    if any(_is_verified(account, identity) for identity in (address, *domains)):
        return Finding("sender", True, f"SES has verified {address}.")
    words = ["sesv2", "create-email-identity", "--email-identity", domain]
    message = (
        f"SES has verified neither {address} nor {domain}. Create the identity, then publish the "
        "DNS records that SES returns."
    )
    return Finding("sender", False, message, account.aws(*words))


def _is_verified(account: Account, identity: str) -> bool:
    client = account.client("sesv2")
    try:
        answer = client.get_email_identity(EmailIdentity=identity)
    except client.exceptions.NotFoundException:
        return False
    return bool(answer["VerifiedForSendingStatus"])
