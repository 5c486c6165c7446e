"""While a deployment rolls, new code reads old manifests and old code reads new ones."""

import json
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest

from notification_core.adapters.dynamodb.models import ModuleItem
from notification_core.adapters.dynamodb.tables import modules
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.modules import Confirmation, Module, OnUnknown
from tests.builders import a_module, a_pause, a_table

#: A module none of whose fields has its default.
MODULE = replace(
    a_module(),
    markup="none",
    max_length=4096,
    max_length_unit="payload_bytes",
    on_unknown=OnUnknown.AT_MOST_ONCE,
    retry_time_interval=7,
    backoff_rate=3.0,
    max_per_second=9.0,
    precision="exact",
    max_strikes=2,
    confirmation=Confirmation(poll_after=5, give_up_after=60),
    errors=a_table(
        full={"class": "recipient", "description": "it is full", "soft": True, "retries": 1}
    ),
    mandatory_categories=frozenset({"security"}),
    deployment=DeploymentSettings(
        brand=Brand(name="Pigeon Post", url="https://pigeon.example", color="#1a56db"),
        default_locale="de-AT",
        category_labels={"news": {"en": "News", "de": "Neues"}},
        allow_list=("ann@example.com",),
    ),
)

#: What changes while a module runs is not part of its manifest.
OPTIONAL = [
    each
    for each in fields(Module)
    if (each.default is not MISSING or each.default_factory is not MISSING) and each.name != "pause"
]


def read(manifest: dict[str, Any]) -> Module:
    """What the code makes of a stored manifest."""
    return modules._module(ModuleItem(MODULE.name, manifest=json.dumps(manifest)))


def written() -> dict[str, Any]:
    """The manifest that this code stores."""
    found: dict[str, Any] = json.loads(modules.manifest_text(MODULE))
    return found


def test_a_manifest_is_read_back() -> None:
    assert read(written()) == MODULE


@pytest.mark.parametrize("name", [each.name for each in OPTIONAL])
def test_a_field_that_an_older_manifest_lacks_has_its_default(name: str) -> None:
    [field] = (each for each in OPTIONAL if each.name == name)
    default: Any = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    manifest = written()
    del manifest[name]

    assert read(manifest) == replace(MODULE, **{name: default})


def test_the_first_manifests_fields_alone_make_a_module() -> None:
    optional = {each.name for each in OPTIONAL}
    manifest = {name: value for name, value in written().items() if name not in optional}

    assert read(manifest) == Module(
        name=MODULE.name,
        target_name=MODULE.target_name,
        address_pattern=MODULE.address_pattern,
        address_hint=MODULE.address_hint,
        extra_schema=MODULE.extra_schema,
    )


def test_unknown_fields_of_a_newer_manifest_are_ignored() -> None:
    manifest = written()
    manifest["quiet_hours"] = {"from": 22, "to": 7}
    manifest["errors"]["version"] = 2
    manifest["confirmation"].append("a third time")
    manifest["deployment"]["time_zone"] = "Europe/Vienna"
    manifest["deployment"]["brand"]["logo"] = "https://pigeon.example/logo.png"
    for row in manifest["errors"]["codes"].values():
        row["severity"] = "high"

    assert read(manifest) == MODULE


def test_a_code_of_a_class_that_only_newer_code_has_is_judged_by_its_status() -> None:
    manifest = written()
    manifest["errors"]["codes"]["new"] = {"class": "quarantined", "description": "it is new"}

    assert read(manifest) == MODULE


def test_a_manifest_is_parsed_once_however_often_it_is_read() -> None:
    assert read(written()) is read(written())


def test_a_manifest_that_changes_is_parsed_again() -> None:
    changed = {**written(), "max_strikes": MODULE.max_strikes + 1}

    assert read(written()) == MODULE
    assert read(changed) == replace(MODULE, max_strikes=MODULE.max_strikes + 1)


def test_a_pause_is_of_the_module_and_not_of_its_manifest() -> None:
    manifest, pause = json.dumps(written()), a_pause()
    text = json.dumps([pause.reason, pause.code, to_epoch_ms(pause.since)])
    paused = ModuleItem(MODULE.name, manifest=manifest, pause=text, paused_by=pause.by.value)

    assert modules._module(paused) == replace(MODULE, pause=pause)
    assert modules._module(ModuleItem(MODULE.name, manifest=manifest)) == MODULE
