"""A module's table of errors, and what a deployment's configuration overrules."""

import json
from pathlib import Path
from typing import Any

import pytest

from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.error_table import ErrorTable, Row
from notification_core.domain.failures import ErrorClass
from notification_core.domain.modules import Confirmation, Module
from notification_core.usecases.administration.manifests import read_manifests, sync_targets
from tests.builders import NOON, World, a_pause

CROW: dict[str, Any] = {
    "name": "Crow",
    "module": "crow",
    "channel": "sms",
    "address": {"pattern": "[a-z]+", "hint": "a word"},
    "extra": {"type": "object", "additionalProperties": False},
    "confirmation": {"poll_after": 900, "give_up_after": 86_400},
    "max_strikes": 3,
}
ERRORS: dict[str, Any] = {
    "docs_url": "https://crow.example/{code}",
    "codes": {
        "gone": {"class": "recipient", "description": "it flew away"},
        "full": {"class": "recipient", "soft": True, "retries": 2},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one target that has a table of errors."""
    (tmp_path / "crow").mkdir()
    write(tmp_path / "crow/target.json", CROW)
    write(tmp_path / "crow/errors.json", ERRORS)
    return tmp_path


def write(path: Path, said: object) -> None:
    """Write it as JSON, or a text as it is."""
    path.write_text(said if isinstance(said, str) else json.dumps(said))


def read(folder: Path, configuration: object = None) -> Module:
    """Read the target, under a configuration."""
    if configuration is not None:
        write(folder / "configuration.json", configuration)
    [module] = read_manifests(folder)
    return module


def test_a_table_of_errors_is_next_to_the_description(folder: Path) -> None:
    module = read(folder)

    assert module.errors == ErrorTable.of(ERRORS)
    assert module.errors.rows["full"] == Row(error_class=ErrorClass.RECIPIENT, soft=True, retries=2)
    assert module.confirmation == Confirmation(poll_after=900, give_up_after=86_400)
    assert module.max_strikes == 3


def test_a_target_without_a_table_or_a_confirmation_has_none(folder: Path) -> None:
    (folder / "crow/errors.json").unlink()
    write(folder / "crow/target.json", {**CROW, "confirmation": None})

    module = read(folder)

    assert (module.errors, module.confirmation) == (ErrorTable(), None)


def test_without_a_configuration_nothing_is_overruled_and_nothing_mandatory(folder: Path) -> None:
    assert read(folder) == read(folder, {})
    assert read(folder).mandatory_categories == frozenset()


def test_a_configuration_overrides_the_fields_that_it_names_and_no_others(folder: Path) -> None:
    plain = read(folder)

    module = read(
        folder,
        {
            "$comment": "for our own crows",
            "targets": {
                "crow": {
                    "on_unknown": "at_most_once",
                    "retry_time_interval": 7,
                    "backoff_rate": 1,
                    "max_per_second": 2.5,
                    "precision": "exact",
                    "max_strikes": 9,
                    "confirmation": {"poll_after": None, "give_up_after": 60},
                    "errors": {"gone": {"class": "transient"}, "new": {"class": "account"}},
                }
            },
        },
    )

    assert (module.on_unknown, module.retry_time_interval) == ("at_most_once", 7)
    assert (module.backoff_rate, module.max_per_second, module.max_strikes) == (1, 2.5, 9)
    assert (plain.precision, module.precision) == ("second", "exact")
    assert module.confirmation == Confirmation(poll_after=None, give_up_after=60)
    assert module.errors.rows == {
        "gone": Row(error_class=ErrorClass.TRANSIENT, description="it flew away"),
        "full": plain.errors.rows["full"],
        "new": Row(error_class=ErrorClass.ACCOUNT),
    }
    assert (module.address_pattern, module.errors.docs_url) == ("[a-z]+", ERRORS["docs_url"])


@pytest.mark.parametrize("reach", ["targets", "all-texts", "everything"])
def test_a_configuration_sets_the_scope_of_a_stop(folder: Path, reach: str) -> None:
    assert (read(folder).channel, read(folder).stop_scope) == ("sms", "targets")

    assert read(folder, {"targets": {"crow": {"stop_scope": reach}}}).stop_scope == reach


def test_only_a_target_that_takes_text_messages_has_a_stop_to_configure(folder: Path) -> None:
    write(folder / "crow/target.json", {key: CROW[key] for key in CROW if key != "channel"})

    with pytest.raises(ValueError, match=r"^configuration.json: .*stop_scope .*channel is sms"):
        read(folder, {"targets": {"crow": {"stop_scope": "everything"}}})


def test_a_configuration_may_do_without_confirmations(folder: Path) -> None:
    assert read(folder, {"targets": {"crow": {"confirmation": None}}}).confirmation is None


def test_a_configuration_sets_mandatory_categories(folder: Path) -> None:
    categories = {"receipts": {"mandatory": True}, "news": {"mandatory": False}}

    assert read(folder, {"categories": categories}).mandatory_categories == {"receipts"}


def test_a_category_with_labels_need_not_say_whether_it_is_mandatory(folder: Path) -> None:
    categories = {"news": {"labels": {"en": "News"}}, "law": {"mandatory": True, "labels": {}}}

    module = read(folder, {"categories": categories})

    assert module.mandatory_categories == {"law"}
    assert module.deployment.category_labels == {"news": {"en": "News"}, "law": {}}


def test_a_configuration_names_the_brand_the_language_and_the_addresses_of_test_sends(
    folder: Path,
) -> None:
    brand = {"name": "Crow & Co", "url": "https://crow.example", "color": "#1a56db"}

    module = read(
        folder, {"brand": brand, "default_locale": "de-AT", "allow_list": ["ann@example.com"]}
    )

    assert module.deployment == DeploymentSettings(
        brand=Brand(**brand), default_locale="de-AT", allow_list=("ann@example.com",)
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "Expecting"),
        ("[]", ""),
        ({"codes": []}, ""),
        ({"codes": {"gone": {}}}, "class"),
        ({"codes": {"gone": {"class": "nobody"}}}, "nobody"),
        ({"codes": {"gone": {"class": "message", "soft": True}}}, "soft"),
        ({"codes": {"gone": {"class": "message", "colour": "black"}}}, "colour"),
        ({"codes": {"gone": {"class": "recipient", "soft": True, "retries": "2"}}}, "retries"),
        ({"codes": {"gone": "message"}}, ""),
    ],
)
def test_a_bad_table_is_named(folder: Path, said: object, words: str) -> None:
    write(folder / "crow/errors.json", said)

    with pytest.raises(ValueError, match=f"^crow/errors.json: .*{words}"):
        read(folder)


def test_a_bad_description_beside_a_good_table_is_named(folder: Path) -> None:
    write(folder / "crow/target.json", CROW | {"max_strikes": 0})

    with pytest.raises(ValueError, match=r"^crow/target\.json: "):
        read(folder)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "Expecting"),
        ("[]", ""),
        ({"colour": "black"}, "colour"),
        ({"targets": {"dodo": {}}}, "dodo.*there are: crow"),
        ({"targets": {"crow": {"name": "Raven"}}}, "name.*there are: .*on_unknown"),
        ({"targets": {"crow": {"address_pattern": ".*"}}}, "address_pattern"),
        ({"targets": {"crow": {"pause": None}}}, "pause"),
        ({"targets": {"crow": {"on_unknown": "never"}}}, "never"),
        ({"targets": {"crow": {"precision": "minute"}}}, "precision is 'minute': second or exact"),
        ({"targets": {"crow": {"stop_scope": "all"}}}, "stop_scope is 'all': one of targets, all-"),
        ({"targets": {"crow": {"stop_scope": ["targets"]}}}, "stop_scope"),
        ({"targets": {"crow": {"channel": "sms"}}}, "channel"),
        ({"targets": {"crow": {"max_strikes": 0}}}, "max_strikes"),
        ({"targets": {"crow": {"confirmation": {}}}}, "poll_after"),
        ({"targets": {"crow": {"confirmation": {"poll_after": 1, "give_up_after": 0}}}}, "least 1"),
        ({"targets": {"crow": {"errors": {"gone": {"description": "x"}}}}}, "class"),
        ({"targets": {"crow": {"errors": {"gone": {"class": "nobody"}}}}}, "nobody"),
        ({"targets": []}, ""),
        ({"categories": {"no such": {"mandatory": True}}}, "category"),
        ({"categories": {"news": {"mandatory": "yes"}}}, "news must be true or false"),
        ({"categories": {"news": {"mandatory": None}}}, "news must be true or false"),
        ({"categories": {"news": {"mandatory": True, "colour": "black"}}}, "colour"),
        ({"categories": ["news"]}, ""),
        ({"categories": {"news": {"labels": ["News"]}}}, "labels of news must be an object"),
        (
            {"categories": {"news": {"labels": {"english": 1}}}},
            "labels.english of news must be a text",
        ),
        ({"categories": {"news": {"labels": {"en": " "}}}}, "labels.en of news must be a text"),
        ({"categories": {"news": {"labels": {"en": "a\nb"}}}}, "one line of at most 64 characters"),
        (
            {"categories": {"news": {"labels": {"en_US": "News"}}}},
            "'en_US', which must be",
        ),
        ({"brand": {"logo": "x"}}, "no key of brand is called 'logo'; there are: color, name, url"),
        ({"brand": {"name": 1}}, "brand.name must be a text"),
        ({"brand": {"name": "x" * 65}}, "brand.name must be one line of at most 64"),
        ({"brand": {"url": "javascript:alert(1)"}}, "brand.url is 'javascript:"),
        ({"brand": {"url": 'https://a.example/"><b>'}}, "brand.url is"),
        ({"brand": {"color": "blue"}}, "brand.color is 'blue': six hexadecimal digits"),
        ({"default_locale": "de_AT"}, "default_locale is 'de_AT', which must be a language tag"),
        ({"default_locale": None}, "default_locale must be a text"),
        ({"allow_list": "ann@example.com"}, "allow_list must be a list of addresses"),
        ({"allow_list": [1]}, "allow_list must be a list of addresses"),
        ({"allow_list": ["ann@example.com"] * 101}, "allow_list may have at most 100"),
    ],
)
def test_a_bad_configuration_is_named(folder: Path, said: object, words: str) -> None:
    with pytest.raises(ValueError, match=f"^configuration.json: .*{words}"):
        read(folder, said)


def test_deploying_again_leaves_a_pause_as_it_is(world: World, folder: Path) -> None:
    module = read(folder)
    sync_targets(world.ports, [module])
    world.modules.pause("crow", a_pause())

    sync_targets(world.ports, [module])

    found = world.modules.get("crow")
    assert found is not None
    assert found.pause == a_pause(since=NOON)
