"""Seed a deployment: its modules, and a target for each of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from notification_core.domain.addresses import Target
from notification_core.domain.consent import check_category
from notification_core.domain.error_table import ErrorTable, Row
from notification_core.domain.errors import InvalidInput, NameTaken
from notification_core.domain.modules import Confirmation, Module
from notification_core.ports import Ports

MANIFEST = "target.json"
ERRORS = "errors.json"
CONFIGURATION = "configuration.json"

#: What a configuration may overrule of a module's own description.
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


def read_manifests(folder: Path) -> list[Module]:
    """Read every `<module>/target.json` of a folder, and what its configuration overrules.

    Raises:
        ValueError: one is not what a target's folder must say of itself; names the file.
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
    """Read one `target.json`, and the `errors.json` beside it if there is one.

    Raises:
        ValueError: names the file.
    """
    file, errors = path, path.with_name(ERRORS)
    try:
        said = json.loads(path.read_text())
        file = errors
        table = ErrorTable.of(json.loads(errors.read_text())) if errors.exists() else ErrorTable()
        file = path
        module = _module(said, table)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file.parent.name}/{file.name}: {error!r}") from error
    if module.name != path.parent.name:
        raise ValueError(f"{path}: module is {module.name!r}, but the folder is not")
    return module


def _module(said: Mapping[str, Any], errors: ErrorTable) -> Module:
    said = {key: value for key, value in said.items() if key != "$schema"}
    address, confirmation = said["address"], said.get("confirmation")
    described = {"name", "module", "channel", "address", "extra", "confirmation", "secret"}
    _refuse_unknown("key", said, described | SETTINGS - {"errors"})
    settings = {key: said[key] for key in said.keys() - described}
    return Module(
        name=said["module"],
        target_name=said["name"],
        channel=said.get("channel"),
        address_pattern=address["pattern"],
        address_hint=address["hint"],
        extra_schema=said["extra"],
        secret_schema=said.get("secret", {}),
        confirmation=Confirmation(**confirmation) if confirmation else None,
        errors=errors,
        **settings,
    )


def configured(modules: Sequence[Module], said: Mapping[str, Any]) -> list[Module]:
    """Return the modules as a deployment's configuration wants them.

    Raises:
        ValueError: it names what there is not.
        InvalidInput: a category is none.
    """
    _refuse_unknown("key", said, {"$comment", "categories", "targets"})
    mandatory = _mandatory(said.get("categories", {}))
    targets = said.get("targets", {})
    _refuse_unknown("target", targets, {module.name for module in modules})
    return [
        replace(_overruled(each, targets.get(each.name, {})), mandatory_categories=mandatory)
        for each in modules
    ]


def _mandatory(categories: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    for name, category in categories.items():
        check_category(name)
        _refuse_unknown(f"key of {name}", category, {"mandatory"})
        if not isinstance(category.get("mandatory"), bool):
            raise TypeError(f"mandatory of {name} must be true or false")
    return frozenset(name for name, category in categories.items() if category["mandatory"])


def _overruled(module: Module, said: Mapping[str, Any]) -> Module:
    _refuse_unknown(f"setting of {module.name}", said, SETTINGS)
    settings = dict(said)
    rows = {code: Row.of(row) for code, row in settings.pop("errors", {}).items()}
    if (confirmation := settings.get("confirmation")) is not None:
        settings["confirmation"] = Confirmation(**confirmation)
    return replace(module, errors=module.errors.overruled(rows), **settings)


def _refuse_unknown(what: str, said: Mapping[str, Any], known: set[str] | frozenset[str]) -> None:
    unknown = sorted(said.keys() - known)
    if unknown:
        raise ValueError(
            f"no {what} is called {unknown[0]!r}; there are: {', '.join(sorted(known))}"
        )


def sync_targets(ports: Ports, modules: Sequence[Module]) -> dict[str, list[str]]:
    """Store the modules and see that each has its target; safe to run again.

    A target that was renamed keeps its name; returns `{"modules", "removed"}`, names.
    """
    for module in modules:
        ports.modules.put(module)
        ports.modules.save_shards(module.name, ports.due_shards)
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
