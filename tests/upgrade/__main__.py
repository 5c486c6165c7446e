"""python -m tests.upgrade [--notifications N] [--release COMMIT]: upgrade and rollback."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from infra.local.layout import PROJECT, StackError
from tests.upgrade.load import Load
from tests.upgrade.run import Run
from tests.upgrade.trees import TREES, ReleaseMissing, newer_tree, previous_release, release_tree

#: Maximum number of violations that are printed, and the file with all of them.
SHOWN = 20
RECORD = TREES / "violations.txt"


def main() -> int:
    """Run; return 1 if a notification was lost, duplicated or reported wrongly."""
    options = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stack is stopped
    version, commit = previous_release()
    version, commit = (options.release,) * 2 if options.release else (version, commit)
    try:
        previous = release_tree(commit)
    except ReleaseMissing as error:
        print(f"UPGRADE NOT TESTED: {error}", file=sys.stderr)
        return int(os.environ.get("UPGRADE") == "strict")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="upgrade-") as folder:
        run = Run(Path(folder), Load(options.notifications, Random(options.seed)))
        try:
            _execute(run, previous, version)
        except StackError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            run.stack.down()
    print(f"\nTotal: {time.monotonic() - began:.0f} s")
    return _report(run.faults)


def _report(faults: list[str]) -> int:
    """Print the violations; return 1 if there is one."""
    for line in faults[:SHOWN]:
        print(f"VIOLATION: {line}", file=sys.stderr)
    if len(faults) > SHOWN:
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        RECORD.write_text("\n".join(faults) + "\n")
        print(f"VIOLATION: and {len(faults) - SHOWN} more, in {RECORD}", file=sys.stderr)
    if not faults:
        print("No notification was lost, and every duplicate is allowed.")
    return int(bool(faults))


def _execute(run: Run, previous: Path, version: str) -> None:
    """Upgrade the previous release to this tree, then a newer one, and roll that one back."""
    run.deploy(previous, version, {})
    parameters = run.new_parameters(PROJECT, previous)
    run.connect()
    run.fill()
    ended = run.wait_for_every_status()
    run.deploy_while_due(PROJECT, "this tree", parameters)
    run.connect()
    run.drain()
    run.create_due()
    run.deploy_while_due(newer_tree(), "a newer release", parameters)
    run.create_due()
    run.deploy_while_due(PROJECT, "this tree again", parameters)
    run.drain()
    if not run.newer_items():
        raise StackError("The newer release has stored no notification, so nothing was tested.")
    run.log(f"{run.newer_items()} notifications are items of the newer release")
    run.check_unchanged(ended)
    run.check_none_is_early()
    run.later()
    for target, verdict in run.verify().items():
        ends = ", ".join(f"{count} {status}" for status, count in sorted(verdict.ends.items()))
        reasons = Counter(duplicate.reason for duplicate in verdict.duplicates)
        print(f"{target}: {verdict.requested} requested: {ends}")
        print(f"  {len(verdict.duplicates)} received twice {dict(reasons) or ''}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__)
    parser.add_argument("--notifications", type=int, default=2000, metavar="N")
    parser.add_argument("--release", metavar="COMMIT", help="instead of the previous release")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
