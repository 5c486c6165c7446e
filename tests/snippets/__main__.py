"""python -m tests.snippets [PAGE...]: run every example of the documentation."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.local.layout import PROJECT, StackError
from infra.local.stack import LocalStack
from tests.snippets.pages import PAGES
from tests.snippets.runner import ENVIRONMENTS, Runner

#: Strict, except that Django has no types: of the base of a model, and of a decorator.
MYPY = (
    "--strict",
    "--allow-subclassing-any",
    "--allow-untyped-decorators",
    "--ignore-missing-imports",
    "--no-incremental",
)


def main() -> int:
    """Run the pages; return 1 if a block fails, or a message does not arrive."""
    options = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stack is stopped
    pages = [path.resolve() for path in options.pages] or [PROJECT / page for page in PAGES]
    tools = ENVIRONMENTS / options.environment
    with tempfile.TemporaryDirectory(prefix="snippets-") as folder:
        root = Path(folder)
        if options.stack:
            return _run(pages, options.stack.resolve(), root, tools)
        stack = LocalStack(root / "stack")
        try:
            stack.up()
            return _run(pages, stack.layout.stack, root, tools)
        except StackError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            stack.down()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.snippets", description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path, help="some pages; by default all")
    parser.add_argument("--stack", type=Path, help="the stack.json of a new stack that is up")
    parser.add_argument("--environment", default="snippets", help="the packages of the examples")
    return parser.parse_args()


def _run(pages: Sequence[Path], stack_file: Path, root: Path, tools: Path) -> int:
    runner = Runner(json.loads(stack_file.read_text()), stack_file, root / "pages", tools)
    failures = executed = 0
    for page in pages:
        outcome = runner.run(page)
        executed += outcome.executed
        if not outcome.failure:
            outcome.failure = _type_errors(runner.workspace(page), outcome.sources, tools)
        print(f"{page.relative_to(PROJECT)}: {outcome.executed} blocks executed")
        print("".join(f"  not run: {reason}\n" for reason in outcome.not_run), end="")
        if outcome.failure:
            failures += 1
            print(f"  FAILED: {outcome.failure}")
    print(f"{executed} blocks of {len(pages)} pages executed")
    print(f"{len(pages) - failures} passed, {failures} failed")
    return 1 if failures else 0


def _type_errors(folder: Path, files: Sequence[Path], tools: Path) -> str:
    """Return what mypy finds in the Python files of a page; empty if nothing."""
    if not files:
        return ""
    python = f"--python-executable={tools / 'bin/python'}"
    command = [sys.executable, "-m", "mypy", *MYPY, python, *map(str, files)]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return checked.stdout + checked.stderr if checked.returncode else ""


if __name__ == "__main__":
    raise SystemExit(main())
