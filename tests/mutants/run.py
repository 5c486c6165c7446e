"""Runs mutants, each in a copy of the repository, some at once."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutants.mutants import ROOT, Mutant
from tests.mutants.suites import SUITES, Broken, passes

#: One more than there are processors, because suites also wait: for time-outs and the emulator.
AT_ONCE = 3

#: What tests read.
COPIED = ["clients", "docs", "functions", "infra", "shared", "tests"]
FILES = ["*.toml", "*.txt", "*.yaml", "Makefile", "*.md", "LICENSE"]


@dataclass(frozen=True)
class Verdict:
    """Which suites were run for a mutant, and which of them noticed it."""

    mutant: Mutant
    run: Sequence[str]
    noticed: Sequence[str]

    @property
    def missed(self) -> list[str]:
        """The suites that should have noticed it, and did not."""
        return [each for each in self.mutant.noticed_by if each not in self.noticed]


@contextmanager
def copies(count: int) -> Iterator[list[Path]]:
    """Give copies of the repository, until they are left."""
    with TemporaryDirectory(prefix="mutants-") as folder:
        trees = [Path(folder) / str(number) for number in range(count)]
        for tree in trees:
            _copy(tree)
        yield trees


def _copy(tree: Path) -> None:
    tree.mkdir()
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for pattern in FILES:
        for path in ROOT.glob(pattern):
            shutil.copy2(path, tree / path.name)
    (tree / ".local").symlink_to((ROOT / ".local").resolve())


def see_that_all_pass(suites: Sequence[str], tree: Path) -> None:
    """Run suites on the code as it is. Raises Broken where one fails: it would notice anything."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        passed = list(pool.map(lambda suite: passes(suite, tree), suites))
    failing = [suite for suite, ok in zip(suites, passed, strict=True) if not ok]
    if failing:
        raise Broken(f"these suites fail on the code as it is: {', '.join(failing)}")


def run(
    mutants: Sequence[Mutant],
    trees: Sequence[Path],
    told: Callable[[Verdict], None],
    *,
    every_suite: bool = False,
) -> list[Verdict]:
    """Run mutants against the suites that should notice them, or against every suite."""
    free: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def judged(mutant: Mutant) -> Verdict:
        tree = free.get()
        try:
            suites = [*SUITES] if every_suite else mutant.noticed_by
            verdict = _judge(mutant, suites, tree)
        finally:
            free.put(tree)
        told(verdict)
        return verdict

    with ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(judged, mutants))


def _judge(mutant: Mutant, suites: Sequence[str], tree: Path) -> Verdict:
    original, target = ROOT / mutant.file, tree / mutant.file
    target.write_text(mutant.apply(original.read_text()))
    try:
        noticed = [suite for suite in suites if not passes(suite, tree, changed=mutant.file)]
    finally:
        shutil.copy2(original, target)
    return Verdict(mutant, suites, noticed)
