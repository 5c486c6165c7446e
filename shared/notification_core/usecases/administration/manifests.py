"""Read the manifests of a deployment, and store its modules with a target for each."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from notification_core.domain.addresses import Target
from notification_core.domain.error_table import ErrorTable
from notification_core.domain.errors import InvalidInput, NameTaken
from notification_core.domain.modules import Confirmation, Module
from notification_core.ports import HasClock, HasDueShards, HasModules, HasTargets
from notification_core.usecases.administration.configuration import SETTINGS, check_keys, configured

MANIFEST = "target.json"
ERRORS = "errors.json"
CONFIGURATION = "configuration.json"

#: The keys of a manifest that limit contents.
CONTENT = frozenset({"markup", "max_length", "max_length_unit"})


class ManifestPorts(HasClock, HasDueShards, HasModules, HasTargets, Protocol):
    """The ports that these use cases need."""


def read_manifests(folder: Path) -> list[Module]:
    """Read every `<module>/target.json` of a folder, and apply the folder's configuration.

    Raises:
        ValueError: a manifest is not valid; the error names the file.
    """
    modules = [read_manifest(path) for path in sorted(folder.glob(f"*/{MANIFEST}"))]
    path = folder / CONFIGURATION
    if not path.exists():
        return modules
    try:
        return configured(modules, json.loads(path.read_text()))
    except (AttributeError, KeyError, TypeError, ValueError, InvalidInput) as error:
        raise ValueError(f"{path.name}: {error!r}") from error


def read_manifest(path: Path) -> Module:
    """Read one `target.json`, and the `errors.json` in its folder if there is one.

    Raises:
        ValueError: the file is not valid; the error names it.
    """
    file, errors = path, path.with_name(ERRORS)
    try:
        manifest = json.loads(path.read_text())
        file = errors
        table = ErrorTable.of(json.loads(errors.read_text())) if errors.exists() else ErrorTable()
        file = path
        module = _module(manifest, table)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file.parent.name}/{file.name}: {error!r}") from error
    if module.name != path.parent.name:
        raise ValueError(f"{path}: module is {module.name!r}, but the folder is not")
    return module


def _module(manifest: Mapping[str, Any], errors: ErrorTable) -> Module:
    manifest = {key: value for key, value in manifest.items() if key != "$schema"}
    address, confirmation = manifest["address"], manifest.get("confirmation")
    described = {"name", "module", "channel", "address", "extra", "confirmation", "secret"}
    check_keys("key", manifest, described | CONTENT | SETTINGS - {"errors"})
    settings = {key: manifest[key] for key in manifest.keys() - described}
    return Module(
        name=manifest["module"],
        target_name=manifest["name"],
        channel=manifest.get("channel") or "",
        address_pattern=address["pattern"],
        address_hint=address["hint"],
        extra_schema=manifest["extra"],
        secret_schema=manifest.get("secret", {}),
        confirmation=Confirmation(**confirmation) if confirmation else None,
        errors=errors,
        **settings,
    )


def sync_targets(ports: ManifestPorts, modules: Sequence[Module]) -> dict[str, list[str]]:
    """Store the modules and add missing targets; the call is idempotent.

    A renamed target keeps its name. Returns the names as `{"modules": [...], "removed": [...]}`.
    """
    for module in modules:
        ports.modules.put(module)
        ports.modules.save_shards(module.name, ports.due_shards)
        _ensure_target(ports, module)
    deployed = {module.name for module in modules}
    removed = [module.name for module in ports.modules.all() if module.name not in deployed]
    for name in removed:
        ports.modules.remove(name)
    return {"modules": sorted(deployed), "removed": removed}


def _ensure_target(ports: ManifestPorts, module: Module) -> None:
    now = ports.clock()
    target = Target(
        id=str(uuid5(NAMESPACE_URL, f"notification-target:{module.name}")),
        name=module.target_name,
        notification_module_name=module.name,
        created_at=now,
        updated_at=now,
    )
    if any(stored.id == target.id for stored in ports.targets.all()):
        return
    try:
        ports.targets.add(target)
    except NameTaken:
        return  # a target that a user created has the name, and serves the purpose
