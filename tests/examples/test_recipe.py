"""`docs/adding-a-target.md` is right: its code is real, and following it makes a target."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from infra.local.layout import StackError, tool, tool_environment
from notification_core.domain.delivery import Delivery
from notification_core.domain.error_table import Row
from notification_core.domain.failures import FAILURES
from notification_core.domain.modules import Module
from notification_core.usecases.administration.configuration import configured
from notification_core.usecases.administration.manifests import (
    read_manifest,
    read_manifests,
)
from tests.simulator import ROOT

RECIPE = (ROOT / "docs/adding-a-target.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", RECIPE, re.MULTILINE | re.DOTALL)
SOURCES = [
    *(path for path in (ROOT / "docs/examples/webhook").iterdir() if path.is_file()),
    *(ROOT / "functions/targets").glob("*/[!_]*.py"),
    *(ROOT / "functions/targets").glob("*/*.json"),
    *(ROOT / "functions/targets").glob("*/requirements.*"),
    *(ROOT / "functions/callbacks").glob("*/handler.py"),
    ROOT / "tests/examples/test_webhook.py",
]

#: What the recipe starts in; all else is beside the point.
COPIED = ("docs", "functions", "infra", "shared", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*")


#: A module's fields that a manifest calls otherwise.
SPELLED = {
    "name": "module",
    "target_name": "name",
    "address_pattern": "address.pattern",
    "address_hint": "address.hint",
    "extra_schema": "extra",
    "secret_schema": "secret",
}


def shell(first_word: str) -> str:
    """Return the recipe's one shell block that begins so."""
    [found] = [text for kind, text in BLOCKS if kind == "sh" and text.startswith(first_word)]
    return str(found)


def python(folder: Path, *arguments: str) -> None:
    """Run a Python program there that must succeed."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a copy."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@dataclass(frozen=True)
class Copy:
    """A copy of the repository, before and after the recipe's first step."""

    folder: Path
    before: dict[str, bytes]
    after: dict[str, bytes]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Take the recipe's first step as it is written."""
    folder = tmp_path_factory.mktemp("recipe")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for file in (path for path in ROOT.iterdir() if path.is_file()):
        shutil.copy(file, folder)
    before = contents(folder)
    subprocess.run(["sh", "-eu", "-c", shell("module=")], cwd=folder, check=True)
    after = contents(folder)
    (folder / ".local").mkdir()
    (folder / ".local/env").symlink_to(ROOT / ".local/env")
    return Copy(folder, before, after)


@pytest.mark.parametrize(
    "text", [text for kind, text in BLOCKS if kind != "sh" and not text.startswith("{")]
)
def test_the_code_of_the_recipe_is_in_a_file(text: str) -> None:
    assert any(text in path.read_text() for path in SOURCES)


def test_its_example_of_a_configuration_is_one() -> None:
    [text] = [text for kind, text in BLOCKS if kind == "json" and text.startswith("{")]
    shipped = read_manifests(ROOT / "functions/targets")
    modules = {each.name: each for each in configured(shipped, json.loads(text))}

    assert modules["twilio"].max_strikes == 3
    assert modules["twilio"].errors.rows["30007"].error_class == "transient"


def test_every_block_of_code_is_seen() -> None:
    assert len(BLOCKS) * 2 == RECIPE.count("\n```")
    assert {kind for kind, _ in BLOCKS} == {"python", "json", "yaml", "sh"}


def test_every_make_target_that_it_names_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", RECIPE, re.MULTILINE))

    assert {"check", "test", "up", "down", "invoke", "deploy"} <= named
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named)


def test_every_file_that_it_names_is_there_before_or_after(copy: Copy) -> None:
    named = re.findall(r"`((?:docs|functions|infra|tests)/[\w./-]+)`", RECIPE)

    assert len(named) > 10
    assert [name for name in named if not (copy.folder / name).exists()] == []


def test_every_key_of_a_manifest_is_explained_and_no_other() -> None:
    elsewhere = {"errors", "mandatory_categories", "deployment", "pause"}
    keys = {SPELLED.get(each.name, each.name) for each in fields(Module)} - elsewhere
    row = r"^\| `([a-z_.]+)` \| [\w, ]+ \| [\w`]+ \|"

    assert set(re.findall(row, RECIPE, re.MULTILINE)) == keys


def test_every_failure_and_its_class_are_explained_and_no_other() -> None:
    part = RECIPE.partition("### What to raise")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([a-z-]+)` \| ", part, re.MULTILINE)

    assert rows == [(failure.__name__, kind.value) for kind, failure in FAILURES.items()]


def test_every_field_of_a_delivery_is_explained_and_no_other() -> None:
    part = RECIPE.partition("### What a `Delivery` holds")[2].partition("###")[0]

    assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == [
        each.name for each in fields(Delivery)
    ]


def test_every_key_of_a_table_of_errors_is_explained_and_no_other() -> None:
    part = RECIPE.partition("## 3. `errors.json`")[2].partition("### ")[0]
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|(.*?)\|", part, re.MULTILINE)))
    row = {each.name for each in fields(Row)} - {"error_class"}

    assert set(named) == {"codes", "class", *row}


def test_the_new_target_is_read_beside_the_others(copy: Copy) -> None:
    modules = {each.name: each for each in read_manifests(copy.folder / "functions/targets")}

    example = read_manifest(ROOT / "docs/examples/webhook/target.json")
    assert modules.keys() >= {"email", "expo", "twilio", "pager"}
    assert modules["pager"].target_name == "Pager"
    assert modules["pager"].address_pattern == example.address_pattern
    assert modules["pager"].errors == example.errors


def test_the_headers_of_the_signature_keep_their_names(copy: Copy) -> None:
    """A library for Standard Webhooks refuses a message whose headers have other names."""
    header = re.compile(r"webhook-(?:id|timestamp|signature)")
    example = (ROOT / "docs/examples/webhook/handler.py").read_text()
    handler = copy.after["functions/targets/pager/handler.py"].decode()

    assert header.findall(handler) == header.findall(example) != []
    assert "https://www.standardwebhooks.com" in handler


def test_the_page_names_each_list_of_functions_that_the_new_one_belongs_to(copy: Copy) -> None:
    block = copy.after["template.yaml"].decode().partition("  DeliverPager:\n")[2]
    policies = re.findall(r"- (?:!Ref (\w+Policy)|!GetAtt \w+\.Outputs\.PolicyArn)\n", block[:1500])

    part = RECIPE.partition("## 6. The template block")[2].partition("\n## ")[0]
    assert [f"`{name or 'TargetPolicy'}`" in part for name in policies] == [True] * 3


def test_nothing_changes_but_the_template_and_nothing_is_left_behind(copy: Copy) -> None:
    changed = {name for name, content in copy.before.items() if copy.after[name] != content}

    assert changed == {"template.yaml"}
    assert copy.after.keys() - copy.before.keys() == {
        "functions/targets/pager/errors.json",
        "functions/targets/pager/handler.py",
        "functions/targets/pager/requirements.txt",
        "functions/targets/pager/target.json",
        "infra/events/pager.json",
        "tests/functions/test_pager.py",
    }


def test_the_block_is_the_others_with_another_word() -> None:
    """What changes in every target's block has to change in the example's."""
    template = (ROOT / "template.yaml").read_text()
    expo = template.partition("  # ---- target: expo\n")[2].partition("# -----")[0]
    block = (ROOT / "docs/examples/webhook/template-block.yaml").read_text()

    def bare(text: str) -> list[str]:
        own = ("#", "Description:", "SecretString:", "PROVIDER_URL:", "LatenessLimit:")
        lines = [line for line in text.splitlines() if line.strip()]
        return [line for line in lines if not line.strip().startswith(own)]

    renamed = expo.replace("expo", "webhook").replace("Expo", "Webhook")
    assert bare(block) == bare(renamed)


def test_the_sample_event_is_the_others_with_another_word() -> None:
    expo = (ROOT / "infra/events/expo.json").read_text()

    assert (ROOT / "docs/examples/webhook/event.json").read_text() == expo.replace(
        "expo", "webhook"
    )


def test_the_new_files_are_in_the_one_style_once_formatted(copy: Copy) -> None:
    files = [name for name in copy.after.keys() - copy.before.keys() if name.endswith(".py")]

    python(copy.folder, "-m", "ruff", "format", "--quiet", *files)
    python(copy.folder, "-m", "ruff", "check", *files)


def test_the_new_target_is_wired_whole(copy: Copy) -> None:
    python(copy.folder, "-m", "pytest", "-q", "tests/architecture/test_targets_are_wired.py")


def test_the_new_targets_own_tests_pass(copy: Copy) -> None:
    python(copy.folder, "-m", "pytest", "-q", "tests/functions/test_pager.py", "-k", "posted")


def test_the_template_is_still_valid(copy: Copy) -> None:
    try:
        sam = tool("sam", "sam")
    except StackError as reason:
        pytest.skip(str(reason))

    ran = subprocess.run(
        [sam, "validate", "--lint"],
        cwd=copy.folder,
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
