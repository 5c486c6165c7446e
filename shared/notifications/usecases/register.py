"""Seed a deployment: its modules, and a target for each of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from notifications.domain.errors import NameTaken
from notifications.domain.recipients import Module, Target
from notifications.ports import Ports

MANIFEST = "target.json"


def read_manifests(folder: Path) -> list[Module]:
    """Read every `<module>/target.json` of a folder.

    Raises:
        ValueError: one is not what a target's folder must say of itself; names the file.
    """
    return [read_manifest(path) for path in sorted(folder.glob(f"*/{MANIFEST}"))]


def read_manifest(path: Path) -> Module:
    """Read one `target.json`. Raises ValueError."""
    try:
        module = _module(json.loads(path.read_text()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error!r}") from error
    if module.name != path.parent.name:
        raise ValueError(f"{path}: module is {module.name!r}, but the folder is not")
    return module


def _module(said: Mapping[str, Any]) -> Module:
    said = {key: value for key, value in said.items() if key != "$schema"}
    address = said["address"]
    settings = {key: said[key] for key in said.keys() - {"name", "module", "address", "extra"}}
    return Module(
        name=said["module"],
        target_name=said["name"],
        address_pattern=address["pattern"],
        address_hint=address["hint"],
        extra_schema=said["extra"],
        **settings,
    )


def register(ports: Ports, modules: Sequence[Module]) -> dict[str, list[str]]:
    """Store the modules and see that each has its target; safe to run again.

    A target that was renamed keeps its name; returns `{"modules", "removed"}`, names.
    """
    for module in modules:
        ports.modules.put(module)
        _ensure_target(ports, module)
    deployed = {module.name for module in modules}
    removed = [each.name for each in ports.modules.all() if each.name not in deployed]
    for name in removed:
        ports.modules.remove(name)
    return {"modules": sorted(deployed), "removed": removed}


def _ensure_target(ports: Ports, module: Module) -> None:
    now = ports.clock()
    target = Target(
        id=str(uuid5(NAMESPACE_URL, f"notification-target:{module.name}")),
        name=module.target_name,
        notification_module_name=module.name,
        created_at=now,
        updated_at=now,
    )
    if any(each.id == target.id for each in ports.targets.all()):
        return
    try:
        ports.targets.add(target)
    except NameTaken:
        return  # somebody's own target has the name, and serves as well
