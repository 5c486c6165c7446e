"""The environment of the functions, and values from the template."""

import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT / "shared"
FUNCTIONS = PROJECT / "functions"

#: Folder and module of each function's handler.
HANDLERS: Mapping[str, tuple[Path, str]] = {
    "api": (FUNCTIONS / "api", "handler"),
    "console": (FUNCTIONS / "console", "handler"),
    "dispatcher": (FUNCTIONS / "dispatcher", "handler"),
    "register": (FUNCTIONS / "targets", "register"),
    "jobs": (FUNCTIONS / "jobs", "handler"),
    "dead letters": (FUNCTIONS / "dead_letters", "handler"),
    "unsubscribe": (FUNCTIONS / "unsubscribe", "handler"),
    "twilio callbacks": (FUNCTIONS / "callbacks" / "twilio", "handler"),
    "mail events": (FUNCTIONS / "callbacks" / "ses", "handler"),
    "email": (FUNCTIONS / "targets" / "email", "handler"),
    "twilio": (FUNCTIONS / "targets" / "twilio", "handler"),
    "expo": (FUNCTIONS / "targets" / "expo", "handler"),
}

SENDER = "bench@example.com"


@cache
def _template() -> str:
    return (PROJECT / "template.yaml").read_text()


def _number(pattern: str) -> int:
    match = re.search(pattern, _template(), re.DOTALL)
    if match is None:
        raise LookupError(f"template.yaml does not match {pattern}")
    return int(match[1])


def batch_size(module: str) -> int:
    """Return the batch size of a target's consumer in the template."""
    return _number(rf"\bMODULE: {module}\n.*?\bBatchSize: (\d+)")


def due_shards() -> int:
    """Return the number of due shards per module in the template."""
    return _number(r"\bDueShards:\n.*?\bDefault: (\d+)")


def containers() -> int:
    """Return the maximum number of containers of a target's function on AWS."""
    return _number(r"\bcloud: \{Containers: (\d+)")


def dispatcher_seconds() -> int:
    """Return the dispatcher's time limit in the template, in seconds."""
    return _number(r"\n  Dispatcher:\n.*?\bTimeout: (\d+)")


def table_variables() -> list[str]:
    """Return the variables with the names of tables in the template, without their suffix."""
    return re.findall(r"^ +(\w+)_TABLE: !Ref", _template(), re.MULTILINE)


def function_variables() -> dict[str, str]:
    """Return the variables of every function in the template, for tables of the stub."""
    return {
        **{f"{name}_TABLE": name.lower() for name in table_variables()},
        "CONTENT_BUCKET": "contents",
        "QUEUE_PREFIX": "deliver-",
        "JOBS_QUEUE": "jobs",
        "DUE_SHARDS": str(due_shards()),
        "MAX_CONCURRENCY": "1",
        "RETENTION_DAYS": "90",
        "REFERENCE_INDEX": "true",
        "PROVIDER_ID_INDEX": "false",
    }


def clean_environment(*folders: Path) -> dict[str, str]:
    """Return an environment without the caller's variables, with these folders importable."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in folders),
        "PYTHONHASHSEED": "0",
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
    }


def function_environment(function: str, aws: str, provider: str) -> dict[str, str]:
    """Return the environment of a function.

    Args:
        function: its name in `HANDLERS`.
        aws: URL of the stub of AWS.
        provider: URL of the simulated provider; may be empty.
    """
    folder, _ = HANDLERS[function]
    return {
        **clean_environment(folder, SHARED, PROJECT),
        **function_variables(),
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_ENDPOINT_URL": aws,
        "METRICS_NAMESPACE": "bench",
        "MODULE": function,
        "SECRET_ID": function,
        "PROVIDER_URL": provider,
        "EMAIL_FROM": SENDER,
        "EMAIL_TRANSPORT": "smtp",
    }


def python(*arguments: str) -> list[str]:
    """Return a command for this interpreter, without the user's site packages."""
    return [sys.executable, "-s", *arguments]
