"""`docs/adding-a-target.md` is right: its code is real, and following it makes a target."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.layout import StackError, tool, tool_environment
from notifications.usecases.register import read_manifest, read_manifests
from tests.simulator import ROOT

RECIPE = (ROOT / "docs/adding-a-target.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", RECIPE, re.MULTILINE | re.DOTALL)
SOURCES = [
    *(path for path in (ROOT / "docs/examples/webhook").iterdir() if path.is_file()),
    *(ROOT / "functions/targets").glob("*/handler.py"),
    ROOT / "tests/examples/test_webhook.py",
]

#: What the recipe starts in; all else is beside the point.
COPIED = ("docs", "functions", "infra", "shared", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*")


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


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which the recipe's first step was taken, as it is written."""
    copy = tmp_path_factory.mktemp("recipe")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=LEFT_OUT)
    for file in (path for path in ROOT.iterdir() if path.is_file()):
        shutil.copy(file, copy)
    (copy / ".local").mkdir()
    (copy / ".local/env").symlink_to(ROOT / ".local/env")
    subprocess.run(["sh", "-eu", "-c", shell("module=")], cwd=copy, check=True)
    with (copy / "README.md").open("a") as readme:
        readme.write("\n- Pager\n")
    return copy


@pytest.mark.parametrize(
    "text", [text for kind, text in BLOCKS if kind in {"python", "json", "yaml"}]
)
def test_what_it_shows_stands_in_a_file(text: str) -> None:
    assert any(text in path.read_text() for path in SOURCES)


def test_what_it_shows_is_found() -> None:
    kinds = [kind for kind, _ in BLOCKS]

    assert len(BLOCKS) * 2 == len(re.findall(r"^```", RECIPE, re.MULTILINE))
    assert {kind: kinds.count(kind) > 0 for kind in ("python", "json", "yaml", "sh")} == dict.fromkeys(
        ("python", "json", "yaml", "sh"), True
    )


def test_every_make_target_that_it_names_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", RECIPE, re.MULTILINE))

    assert {"check", "test", "up", "down", "invoke", "deploy"} <= named
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named)


def test_every_file_that_it_names_is_there_before_or_after(followed: Path) -> None:
    named = re.findall(r"`((?:docs|functions|infra|tests)/[\w./-]+)`", RECIPE)

    assert len(named) > 10
    assert [name for name in named if not (followed / name).exists()] == []


def test_every_key_of_a_manifest_is_explained() -> None:
    manifest = json.loads((ROOT / "docs/examples/webhook/target.json").read_text())
    keys = {*(manifest.keys() - {"address"}), "address.pattern", "address.hint"}
    explained = re.findall(r"^\| `([a-z_.]+)` \| [\w, ]+ \| [\w`]+ \|", RECIPE, re.MULTILINE)

    assert set(explained) >= keys


def test_the_new_target_is_read_beside_the_others(followed: Path) -> None:
    modules = {each.name: each for each in read_manifests(followed / "functions/targets")}

    example = read_manifest(ROOT / "docs/examples/webhook/target.json")
    assert modules.keys() > {"email", "expo", "twilio", "pager"} - {"pager"}
    assert modules["pager"].target_name == "Pager"
    assert modules["pager"].address_pattern == example.address_pattern


def test_no_existing_file_changes_but_the_template(followed: Path) -> None:
    changed = [
        path.relative_to(ROOT).as_posix()
        for folder in COPIED
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        if path.read_bytes() != (followed / path.relative_to(ROOT)).read_bytes()
    ]
    changed += [
        path.name
        for path in ROOT.iterdir()
        if path.is_file() and path.read_bytes() != (followed / path.name).read_bytes()
    ]

    assert set(changed) <= {"template.yaml", "README.md"}


def test_the_block_is_the_others_with_another_word() -> None:
    """What changes in every target's block has to change in the example's."""
    template = (ROOT / "template.yaml").read_text()
    expo = template.partition("  # ---- target: expo\n")[2].partition("# -----")[0]
    block = (ROOT / "docs/examples/webhook/template-block.yaml").read_text()

    def bare(text: str) -> list[str]:
        own = ("#", "Description:", "SecretString:", "PROVIDER_URL:")
        lines = [line for line in text.splitlines() if line.strip()]
        return [line for line in lines if not line.strip().startswith(own)]

    renamed = expo.replace("expo", "webhook").replace("Expo", "Webhook")
    assert bare(block) == bare(renamed)


def test_the_sample_event_is_the_others_with_another_word() -> None:
    expo = (ROOT / "infra/events/expo.json").read_text()

    assert (ROOT / "docs/examples/webhook/event.json").read_text() == expo.replace(
        "expo", "webhook"
    )


def test_the_new_target_is_wired_whole(followed: Path) -> None:
    python(followed, "-m", "pytest", "-q", "tests/architecture/test_targets_are_wired.py")


def test_the_new_targets_own_tests_pass(followed: Path) -> None:
    python(followed, "-m", "pytest", "-q", "tests/functions/test_pager.py", "-k", "posted")


def test_the_template_is_still_valid(followed: Path) -> None:
    try:
        sam = tool("sam", "sam")
    except StackError as reason:
        pytest.skip(str(reason))

    ran = subprocess.run(
        [sam, "validate", "--lint"],
        cwd=followed,
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
