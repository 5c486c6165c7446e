"""Which shards of the due index, and of that of failures, may hold something of a module."""

from collections.abc import Iterable

from notification_core.ports import Ports, Progress


def shards_by_module(ports: Ports, modules: Iterable[str]) -> dict[str, list[str]]:
    """Return the shards of each module; none is left out that an earlier deployment counted."""
    progress = ports.modules.progress()
    return {
        name: progress.get(name, Progress()).shards_of(name, ports.due_shards) for name in modules
    }
