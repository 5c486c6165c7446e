"""Read the manifests of a deployment, and store its modules with a target for each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from notification_core.domain.addresses import Target
from notification_core.domain.consent_scopes import check_category
from notification_core.domain.error_table import ErrorTable, Row
from notification_core.domain.errors import InvalidInput, NameTaken
from notification_core.domain.modules import Confirmation, Module
from notification_core.ports import HasClock, HasDueShards, HasModules, HasTargets

MANIFEST = "target.json"
ERRORS = "errors.json"
CONFIGURATION = "configuration.json"

#: The keys of a manifest that limit contents.
CONTENT = frozenset({"markup", "max_length", "max_length_unit"})

#: The keys of a module's manifest that a configuration may override.
SETTINGS = frozenset(
    {
        "stop_scope",
        "on_unknown",
        "retry_time_interval",
        "backoff_rate",
        "precision",
        "max_per_second",
        "max_strikes",
        "confirmation",
        "errors",
    }
)


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
    _check_keys("key", manifest, described | CONTENT | SETTINGS - {"errors"})
    settings = {key: manifest[key] for key in manifest.keys() - described}
    return Module(
        name=manifest["module"],
        target_name=manifest["name"],
        channel=manifest.get("channel"),
        address_pattern=address["pattern"],
        address_hint=address["hint"],
        extra_schema=manifest["extra"],
        secret_schema=manifest.get("secret", {}),
        confirmation=Confirmation(**confirmation) if confirmation else None,
        errors=errors,
        **settings,
    )


def configured(modules: Sequence[Module], configuration: Mapping[str, Any]) -> list[Module]:
    """Return the modules with a deployment's configuration applied.

    Raises:
        ValueError: the configuration has an unknown key, target or setting.
        InvalidInput: a category is not valid.
    """
    _check_keys("key", configuration, {"$comment", "categories", "targets"})
    mandatory = _mandatory(configuration.get("categories", {}))
    targets = configuration.get("targets", {})
    _check_keys("target", targets, {module.name for module in modules})
    return [
        replace(_overridden(module, targets.get(module.name, {})), mandatory_categories=mandatory)
        for module in modules
    ]


def _mandatory(categories: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    for name, category in categories.items():
        check_category(name)
        _check_keys(f"key of {name}", category, {"mandatory"})
        if not isinstance(category.get("mandatory"), bool):
            raise TypeError(f"mandatory of {name} must be true or false")
    return frozenset(name for name, category in categories.items() if category["mandatory"])


def _overridden(module: Module, overrides: Mapping[str, Any]) -> Module:
    _check_keys(f"setting of {module.name}", overrides, SETTINGS)
    settings = dict(overrides)
    rows = {code: Row.of(row) for code, row in settings.pop("errors", {}).items()}
    if (confirmation := settings.get("confirmation")) is not None:
        settings["confirmation"] = Confirmation(**confirmation)
    return replace(module, errors=module.errors.overruled(rows), **settings)


def _check_keys(kind: str, fields: Mapping[str, Any], allowed: set[str] | frozenset[str]) -> None:
    unknown = sorted(fields.keys() - allowed)
    if unknown:
        raise ValueError(
            f"no {kind} is called {unknown[0]!r}; there are: {', '.join(sorted(allowed))}"
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
