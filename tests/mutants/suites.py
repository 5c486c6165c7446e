"""The suites that mutants are run against: those that need no emulator, and one that does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

#: What is told to pytest.
SUITES: dict[str, list[str]] = {
    "unit": ["tests/usecases", "tests/domain"],
    "content": ["tests/content"],
    "contract": ["tests/contract", "-k", "not aws"],
    "outer": ["tests/entrypoints", "tests/providers", "tests/runtime", "tests/adapters"],
    "architecture": ["tests/architecture"],
    "model": ["tests/model/test_model.py", "-k", "memory"],
    "contract in the emulator": ["tests/contract", "-k", "aws"],
}

#: Seconds for one suite. One that takes longer hangs, which is noticed as well.
PATIENCE = 120

#: The model beside its stories: that many examples, and no time to make a failure shorter.
MODEL = {"MODEL_EXAMPLES": "40", "MODEL_SHRINKING": "0"}


class Broken(Exception):
    """A suite could not be run."""


def passes(suite: str, tree: Path, *, changed: str = "", patience: float = PATIENCE) -> bool:
    """Whether a suite passes in a copy of the repository; the first failure ends it.

    The tests that bear the name of the changed file come first, because they notice most changes.
    Raises Broken where pytest finds no tests, or is used wrongly.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        [*command, *_named_after(changed, suite, tree), *SUITES[suite]],
        cwd=tree,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"} | MODEL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False
    if process.returncode > 2:  # 1: tests failed; 2: they could not be collected
        raise Broken(f"{suite}: {output}")
    return process.returncode == 0


def _named_after(changed: str, suite: str, tree: Path) -> list[str]:
    """Return a suite's test files that bear the name of a changed file."""
    if not changed:
        return []
    folders = [tree / folder for folder in SUITES[suite] if (tree / folder).is_dir()]
    named = [path for each in folders for path in each.glob(f"test_{Path(changed).stem}*.py")]
    return [str(path.relative_to(tree)) for path in sorted(named)]
