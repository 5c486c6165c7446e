"""Seeding a deployment from the targets' own descriptions."""

import json
from pathlib import Path
from typing import Any

import pytest

from notification_core.domain.due import WakeUp
from notification_core.usecases.administration.addresses import add_target, change_target
from notification_core.usecases.administration.manifests import read_manifests, sync_targets
from tests.builders import World, a_module, move_cursor

GOOD: dict[str, Any] = {
    "$schema": "../../../docs/target.schema.json",
    "name": "Crow",
    "module": "crow",
    "address": {"pattern": "[a-z]+", "hint": "a word"},
    "extra": {"type": "object", "additionalProperties": False},
    "on_unknown": "at_most_once",
    "retry_time_interval": 300,
    "backoff_rate": 1,
    "max_per_second": 2.5,
}


def described(folder: Path, module: str, said: object) -> Path:
    """Write a target's folder."""
    (folder / module).mkdir()
    text = said if isinstance(said, str) else json.dumps(said)
    (folder / module / "target.json").write_text(text)
    return folder


def test_a_target_describes_itself(tmp_path: Path) -> None:
    [module] = read_manifests(described(tmp_path, "crow", GOOD))

    assert (module.name, module.target_name) == ("crow", "Crow")
    assert (module.address_pattern, module.address_hint) == ("[a-z]+", "a word")
    assert module.extra_schema == GOOD["extra"]
    assert (module.on_unknown, module.max_per_second) == ("at_most_once", 2.5)
    assert (module.retry_time_interval, module.backoff_rate) == (300, 1)


def test_a_target_describes_the_contents_that_it_can_send(tmp_path: Path) -> None:
    limits = {"markup": "none", "max_length": 160, "max_length_unit": "payload_bytes"}

    [module] = read_manifests(described(tmp_path, "crow", GOOD | limits))

    assert (module.markup, module.max_length) == ("none", 160)
    assert module.max_length_unit == "payload_bytes"


def test_a_target_that_declares_no_limits_has_none(tmp_path: Path) -> None:
    [module] = read_manifests(described(tmp_path, "crow", GOOD))

    assert (module.markup, module.max_length) == ("html", None)
    assert module.max_length_unit == "body_characters"


def test_a_folder_without_a_description_is_not_a_target(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "register.py").touch()

    assert [each.name for each in read_manifests(described(tmp_path, "crow", GOOD))] == ["crow"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "Expecting"),
        ([], ""),
        ("null", ""),
        (GOOD | {"address": "[a-z]+"}, ""),
        (GOOD | {"colour": "black"}, "colour"),
        (GOOD | {"pause": "a storm"}, "pause"),
        (GOOD | {"errors": {}}, "errors"),
        (GOOD | {"mandatory_categories": ["receipts"]}, "mandatory_categories"),
        (GOOD | {"max_strikes": 0}, "max_strikes"),
        (GOOD | {"markup": "markdown"}, "markup is 'markdown': none or html"),
        (GOOD | {"max_length": 0}, "max_length must be at least 1"),
        (GOOD | {"max_length": "160"}, ""),
        (GOOD | {"max_length_unit": "words"}, "max_length_unit is 'words'"),
        (GOOD | {"precision": 1}, "precision is 1: second or exact"),
        (GOOD | {"retry_time_interval": "300"}, ""),
        (GOOD | {"confirmation": {"poll_after": 60}}, "give_up_after"),
        (GOOD | {"confirmation": {"poll_after": 0, "give_up_after": 60}}, "at least 1"),
        (GOOD | {"module": "pigeon"}, "pigeon"),
        *(
            ({key: value for key, value in GOOD.items() if key != missing}, missing)
            for missing in ("name", "module", "address", "extra")
        ),
    ],
)
def test_a_bad_description_is_named(tmp_path: Path, said: object, words: str) -> None:
    described(tmp_path, "crow", said)

    with pytest.raises(ValueError, match=f"crow/target.json.*{words}"):
        read_manifests(tmp_path)


def test_every_module_is_stored_and_has_its_target(world: World) -> None:
    result = sync_targets(world.ports, [world.module, a_module(name="crow", target_name="Crow")])

    assert result == {"modules": ["crow", "pigeon"], "removed": []}
    assert [each.name for each in world.modules.all()] == ["crow", "pigeon"]
    found = {each.name: each.notification_module_name for each in world.targets.all()}
    assert found == {"Crow": "crow", "Pigeon": "pigeon"}


def test_it_is_safe_to_run_again(world: World) -> None:
    modules = [a_module(name="crow", target_name="Crow")]
    sync_targets(world.ports, modules)
    before = world.targets.all()
    move_cursor(world.ports, "crow", "crow#0", WakeUp(5, ""))
    world.watch.forward(days=1)

    sync_targets(world.ports, modules)

    assert world.targets.all() == before
    assert world.modules.all() == modules
    assert world.modules.progress()["crow"].cursors == {"crow#0": WakeUp(5, "")}


def test_a_module_is_stored_as_it_is_now(world: World) -> None:
    sync_targets(world.ports, [a_module(retry_time_interval=5)])

    assert world.modules.get("pigeon") == a_module(retry_time_interval=5)


def test_a_renamed_target_keeps_its_name(world: World) -> None:
    crow = a_module(name="crow", target_name="Crow")
    sync_targets(world.ports, [crow])
    [target] = [each for each in world.targets.all() if each.name == "Crow"]
    change_target(world.ports, target.id, name="Raven")

    sync_targets(world.ports, [crow])

    assert sorted(each.name for each in world.targets.all()) == ["Pigeon", "Raven"]


def test_somebodys_own_target_of_that_name_serves_as_well(world: World) -> None:
    own = add_target(world.ports, name="Crow", module_name="pigeon")

    sync_targets(world.ports, [world.module, a_module(name="crow", target_name="Crow")])

    assert own in world.targets.all()
    assert len(world.targets.all()) == 2


def test_a_module_that_is_no_longer_deployed_is_forgotten_and_its_target_stays(
    world: World,
) -> None:
    result = sync_targets(world.ports, [a_module(name="crow", target_name="Crow")])

    assert result == {"modules": ["crow"], "removed": ["pigeon"]}
    assert world.modules.get("pigeon") is None
    assert world.target in world.targets.all()
