"""The recorded commits of the releases, from which the tests of upgrades start."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.templates import ROOT

RELEASES: dict[str, str] = json.loads(Path(__file__).with_name("releases.json").read_text())


@pytest.mark.parametrize(("version", "commit"), RELEASES.items())
def test_the_commit_of_a_release_has_its_version(version: str, commit: str) -> None:
    shown = subprocess.run(
        ["git", "show", f"{commit}:pyproject.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        pytest.skip(f"this clone does not have the commit {commit}")

    assert tomllib.loads(shown.stdout)["project"]["version"] == version
