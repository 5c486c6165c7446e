"""python -m tests.chaos [--notifications N] [--seed S]: test the guarantees by fault injection."""

import argparse
import signal
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from random import Random

from infra.local.emulator import last_ports
from infra.local.layout import Layout, StackError
from infra.local.stack import LocalStack
from tests.chaos.faults import Faults
from tests.chaos.load import Load
from tests.chaos.proxy import FaultProxy
from tests.chaos.run import CHAOS, Run, up
from tests.chaos.table import table

#: Maximum number of violations that are printed.
SHOWN = 20


def main() -> int:
    """Run; return 1 if a notification was lost, duplicated or reported wrongly."""
    options = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stack is stopped
    began = time.monotonic()
    print(f"seed {options.seed}: make chaos SEED={options.seed} repeats load and faults")
    try:
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            failures = _run(Path(folder), options)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nTotal: {time.monotonic() - began:.0f} s")
    for line in failures[:SHOWN]:
        print(f"VIOLATION: {line}", file=sys.stderr)
    if len(failures) > SHOWN:
        print(f"VIOLATION: and {len(failures) - SHOWN} more", file=sys.stderr)
    if failures:
        return 1
    print("No notification was lost, and every duplicate is allowed.")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--notifications", type=_size, default=2000, metavar="N")
    parser.add_argument("--seed", type=int, default=Random().randrange(10**6), metavar="S")
    parser.add_argument("--seconds", type=float, default=CHAOS, help="duration of the faults")
    return parser.parse_args()


def _size(text: str) -> int:
    size = int(text)
    if size < 100:
        raise argparse.ArgumentTypeError("must be at least 100")
    return size


def _run(folder: Path, options: argparse.Namespace) -> list[str]:
    random = Random(options.seed)
    load = Load(options.notifications, timedelta(seconds=options.seconds * 0.9), random)
    layout = Layout(folder.resolve())

    def emulator() -> int:
        ports = last_ports(layout)
        if ports is None:
            raise ConnectionRefusedError("the emulator does not have a port yet")
        return ports.emulator

    faults = Faults(Random(options.seed))
    with FaultProxy(emulator, faults) as proxy:
        stack = LocalStack(folder, {"AwsEndpointUrl": proxy.url})
        with up(stack):
            run = Run(stack, load, faults, random, seconds=options.seconds)
            verdicts = run.execute()
    print()
    print("\n".join(table(verdicts, run.drained, {**faults.counts, **run.counts})))
    return [fault for verdict in verdicts.values() for fault in verdict.faults]


if __name__ == "__main__":
    sys.exit(main())
