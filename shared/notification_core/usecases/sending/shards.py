"""The shards of the due index and of the failure index that may contain a module's entries."""

from collections.abc import Iterable
from typing import Protocol

from notification_core.domain.due import Progress
from notification_core.ports import HasDueShards, HasModules


class ShardPorts(HasDueShards, HasModules, Protocol):
    """The ports that these use cases need."""


def shards_by_module(ports: ShardPorts, modules: Iterable[str]) -> dict[str, list[str]]:
    """Return the shards of each module, including those of earlier deployments."""
    progress = ports.modules.progress()
    return {
        name: progress.get(name, Progress()).shards_of(name, ports.due_shards) for name in modules
    }
