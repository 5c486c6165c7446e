"""What a function is told by its environment, as a type. Read once, at the first event."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache


class MissingSettings(Exception):
    """The environment lacks variables that the template should have set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every function's environment."""

    targets_table: str
    records_table: str
    opt_outs_table: str
    notifications_table: str
    modules_table: str
    jobs_table: str
    content_bucket: str
    queue_prefix: str  #: the name of a target's queue is this and its module's name
    jobs_queue: str  #: its name
    due_shards: int
    max_concurrency: int  #: containers of one target's function at once
    retention: timedelta  #: how long a finished notification is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerSettings:
    """What a target's consumer is told beside that."""

    module: str
    provider_url: str | None  #: instead of the provider's own, for a simulator
    public_url: str | None  #: where providers and recipients reach us; None: nowhere
    max_concurrency: int  #: containers of this function at once


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises MissingSettings, which names every variable that is."""
    names = [name.upper() for name in Settings.__slots__ if name != "retention"]
    values = _read(environ, [*names, "RETENTION_DAYS"])
    days = timedelta(days=int(values.pop("retention_days")))
    shards, containers = int(values.pop("due_shards")), int(values.pop("max_concurrency"))
    return Settings(**values, due_shards=shards, max_concurrency=containers, retention=days)


@cache
def consumer_settings() -> ConsumerSettings:
    """Return this process's consumer settings. Raises MissingSettings."""
    values = _read(os.environ, ["MODULE", "MAX_CONCURRENCY"])
    return ConsumerSettings(
        module=values["module"],
        public_url=os.environ.get("PUBLIC_URL", "").rstrip("/") or None,
        provider_url=os.environ.get("PROVIDER_URL") or None,
        max_concurrency=int(values["max_concurrency"]),
    )


def dead_letters_prefix() -> str:
    """Return what the name of every target's dead-letter queue begins with.

    Raises MissingSettings.
    """
    return _read(os.environ, ["DEAD_LETTERS_PREFIX"])["dead_letters_prefix"]


def system_dead_letters() -> list[str]:
    """Return the names of the dead-letter queues that are no target's. Raises MissingSettings."""
    names = _read(os.environ, ["SYSTEM_DEAD_LETTERS"])["system_dead_letters"]
    return names.split(",")


def secret_id(variable: str = "SECRET_ID") -> str:
    """Return the secret's id, or the parameter's name, that a variable names.

    Raises MissingSettings.
    """
    return _read(os.environ, [variable])[variable.lower()]


def _read(environ: Mapping[str, str], names: list[str]) -> dict[str, str]:
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise MissingSettings(f"set these environment variables: {', '.join(missing)}")
    return {name.lower(): environ[name] for name in names}
