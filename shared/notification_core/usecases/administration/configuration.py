"""Apply a deployment's `configuration.json` to its modules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from notification_core.domain.consent_scopes import check_category
from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.error_table import Row
from notification_core.domain.modules import Confirmation, Module

KEYS = frozenset({"$comment", "brand", "default_locale", "categories", "allow_list", "targets"})
CATEGORY_KEYS = frozenset({"mandatory", "labels"})

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


def configured(modules: Sequence[Module], configuration: Mapping[str, Any]) -> list[Module]:
    """Return the modules with a deployment's configuration applied.

    Raises:
        ValueError: the configuration has an unknown key, target or setting.
        InvalidInput: a category is not valid.
    """
    check_keys("key", configuration, KEYS)
    categories = configuration.get("categories", {})
    mandatory, deployment = _mandatory(categories), _deployment(configuration, categories)
    targets = configuration.get("targets", {})
    check_keys("target", targets, {module.name for module in modules})
    return [
        replace(
            _overridden(module, targets.get(module.name, {})),
            mandatory_categories=mandatory,
            deployment=deployment,
        )
        for module in modules
    ]


def _mandatory(categories: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    for name, category in categories.items():
        check_category(name)
        check_keys(f"key of {name}", category, CATEGORY_KEYS)
        if not isinstance(category.get("mandatory", False), bool):
            raise TypeError(f"mandatory of {name} must be true or false")
    return frozenset(name for name, category in categories.items() if category.get("mandatory"))


def _deployment(
    configuration: Mapping[str, Any], categories: Mapping[str, Mapping[str, Any]]
) -> DeploymentSettings:
    brand = configuration.get("brand", {})
    check_keys("key of brand", brand, Brand.__slots__)
    given = {
        key: configuration[key] for key in configuration.keys() & {"default_locale", "allow_list"}
    }
    labels = {
        name: category["labels"] for name, category in categories.items() if "labels" in category
    }
    return DeploymentSettings(brand=Brand(**brand), category_labels=labels, **given)


def _overridden(module: Module, overrides: Mapping[str, Any]) -> Module:
    check_keys(f"setting of {module.name}", overrides, SETTINGS)
    settings = dict(overrides)
    rows = {code: Row.of(row) for code, row in settings.pop("errors", {}).items()}
    if (confirmation := settings.get("confirmation")) is not None:
        settings["confirmation"] = Confirmation(**confirmation)
    return replace(module, errors=module.errors.overruled(rows), **settings)


def check_keys(kind: str, fields: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Check the keys of an object in a file. Raises ValueError, which names the allowed ones."""
    unknown = sorted(fields.keys() - set(allowed))
    if unknown:
        raise ValueError(
            f"no {kind} is called {unknown[0]!r}; there are: {', '.join(sorted(allowed))}"
        )
