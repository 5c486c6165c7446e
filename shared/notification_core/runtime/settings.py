"""Typed settings from a function's environment variables, read once at the first event."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from notification_core.domain.notification_attributes import SearchIndex


class MissingSettings(Exception):
    """The environment lacks variables that the template sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of every function."""

    tables: Mapping[str, str]  #: the name of each table, by its variable
    content_bucket: str
    queue_prefix: str  #: the name of a target's queue is this prefix plus the module's name
    jobs_queue: str  #: the name of the jobs queue
    due_shards: int
    max_concurrency: int  #: concurrent containers of one target's function
    retention: timedelta  #: how long a finished notification is kept
    search_indexes: frozenset[SearchIndex]  #: those that the notifications table has
    counters_table: str | None  #: None in a deployment that counts nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerSettings:
    """Additional settings of a target's consumer."""

    module: str
    provider_url: str | None  #: replaces the provider's URL, for a simulator
    public_url: str | None  #: where providers and recipients reach this API; None if nowhere
    max_concurrency: int  #: concurrent containers of this function


def read_settings(environ: Mapping[str, str], tables: Iterable[str]) -> Settings:
    """Read the settings; `tables` are the variables with the names of tables.

    Raises MissingSettings, which names every missing variable.
    """
    derived = {"tables", "retention", "search_indexes", "counters_table"}
    own = [name.upper() for name in Settings.__slots__ if name not in derived]
    tables = list(dict.fromkeys(tables))
    indexes = {f"{index.upper()}_INDEX": index for index in SearchIndex}
    values = _read(environ, [*tables, *own, "RETENTION_DAYS", *indexes])
    deployed = {index for name, index in indexes.items() if values.pop(name.lower()) == "true"}
    names = {table: values.pop(table.lower()) for table in tables}
    days = timedelta(days=int(values.pop("retention_days")))
    shards, containers = int(values.pop("due_shards")), int(values.pop("max_concurrency"))
    return Settings(
        **values,
        tables=names,
        due_shards=shards,
        max_concurrency=containers,
        retention=days,
        search_indexes=frozenset(deployed),
        counters_table=environ.get("COUNTERS_TABLE") or None,
    )


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
    """Return the prefix of the names of the targets' dead-letter queues.

    Raises MissingSettings.
    """
    return _read(os.environ, ["DEAD_LETTERS_PREFIX"])["dead_letters_prefix"]


def system_dead_letters() -> list[str]:
    """Return the names of the dead-letter queues that belong to no target.

    Raises MissingSettings.
    """
    names = _read(os.environ, ["SYSTEM_DEAD_LETTERS"])["system_dead_letters"]
    return names.split(",")


def secret_id(variable: str = "SECRET_ID") -> str:
    """Return the id of a secret, or the name of a parameter, from an environment variable.

    Raises MissingSettings.
    """
    return _read(os.environ, [variable])[variable.lower()]


def read_variables(names: Iterable[str]) -> dict[str, str]:
    """Return variables of this process by their names in lower case. Raises MissingSettings."""
    return _read(os.environ, list(names))


def _read(environ: Mapping[str, str], names: list[str]) -> dict[str, str]:
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise MissingSettings(f"set these environment variables: {', '.join(missing)}")
    return {name.lower(): environ[name] for name in names}
