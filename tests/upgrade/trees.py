"""The source trees that are deployed: the previous release, and a newer one that is made up."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

from infra.local.layout import PROJECT, StackError

#: The commit of each release. The last one is the previous release.
RELEASES = PROJECT / "tests" / "architecture" / "releases.json"

#: Where the trees are kept from one run to the next, with their builds.
TREES = PROJECT / ".local" / "upgrade"

#: The file that the newer release changes, what it replaces there, and by what.
CHANGED = "shared/notification_core/adapters/dynamodb/fast/items.py"
BEFORE = "    return typed(decided(notification) | values)\n"
AFTER = """\
    item = typed(decided(notification) | values)
    created_at = to_epoch_ms(notification.created_at)
    item["timeline"]["L"].append({"S": f"{created_at}|translated|de|by a newer release"})
    return item | {"translated_to": {"S": "de"}}
"""
#: The attribute that the newer release stores with each notification.
LATER_ATTRIBUTE = "translated_to"


class ReleaseMissing(StackError):
    """The previous release is not in this clone."""


def previous_release() -> tuple[str, str]:
    """Return the version and the commit of the previous release."""
    releases: dict[str, str] = json.loads(RELEASES.read_text())
    version = max(releases, key=lambda text: [int(part) for part in text.split(".")])
    return version, releases[version]


def release_tree(commit: str) -> Path:
    """Return a folder with the files of a commit.

    Raises:
        ReleaseMissing: the clone does not have the commit, and it cannot be fetched.
    """
    tree = TREES / commit[:12]
    if not (tree / "template.yaml").exists():
        _check_present(commit)
        archive = _git("archive", "--format=zip", commit)
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
            files.extractall(tree)
    return _with_tools(tree)


def newer_tree() -> Path:
    """Return a copy of this tree that also stores an attribute and an event of its own."""
    tree = TREES / "newer"
    for name in ("infra", "functions", "shared", "clients", "template.yaml", "samconfig.toml"):
        source, copy = PROJECT / name, tree / name
        if source.is_dir():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            tree.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    changed = tree / CHANGED
    text = changed.read_text()
    if text.count(BEFORE) != 1:
        raise StackError(f"{CHANGED} does not contain the line that the newer release changes.")
    changed.write_text(text.replace(BEFORE, AFTER))
    return _with_tools(tree)


def _check_present(commit: str) -> None:
    if _has(commit):
        return
    _git("fetch", "--quiet", "--depth", "1", "origin", commit)  # a shallow clone does not have it
    if not _has(commit):
        raise ReleaseMissing(
            f"This clone does not have the commit {commit} of the previous release, and cannot "
            "fetch it.\nRun: git fetch --unshallow --tags"
        )


def _has(commit: str) -> bool:
    return _git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, check=False)


def _with_tools(tree: Path) -> Path:
    """Let a tree use the tool environments of this checkout, and the packages of its build."""
    (tree / ".local").mkdir(exist_ok=True)
    tools = tree / ".local" / "env"
    if not tools.exists():
        tools.symlink_to(PROJECT / ".local" / "env")
    built = PROJECT / ".aws-sam"
    if built.exists() and not (tree / ".aws-sam").exists():
        shutil.copytree(built, tree / ".aws-sam", symlinks=True)
        index = tree / ".aws-sam" / "build.toml"
        index.write_text(index.read_text().replace(str(PROJECT), str(tree)))
    return tree
