"""Command line: ``python -m tests.benchmarks [NAME ...]``."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks import (
    api,
    cold_import,
    console,
    consumers,
    dispatch,
    from_template,
    lateness,
    rendering,
    write_units,
)
from tests.benchmarks.figures import BenchError, Figure, table
from tests.benchmarks.runner import Runner

BENCHMARKS: dict[str, Callable[[Runner], list[Figure]]] = {
    "write-units": write_units.measure,
    "from-template": from_template.measure,
    "cold-import": cold_import.measure,
    "rendering": rendering.measure,
    "api": api.measure,
    "email": partial(consumers.measure, "email"),
    "twilio": partial(consumers.measure, "twilio"),
    "expo": partial(consumers.measure, "expo"),
    "dispatch": dispatch.measure,
    "lateness": lateness.measure,
    "console": console.measure,
}

#: Time limit of all benchmarks, in seconds.
SECONDS = 420
RUNS = 5


def main() -> int:
    """Run the benchmarks and print the figures; return 0 if every goal is met."""
    options = _parse()
    runner = Runner(options.runs, options.seconds)
    figures: list[Figure] = []
    void = False
    for name in options.names or BENCHMARKS:
        try:
            figures += BENCHMARKS[name](runner)
        except (BenchError, subprocess.SubprocessError) as error:
            void = True
            print(f"{name}: {error}", file=sys.stderr)
    if figures:
        print(f"\n{table(figures)}")
    if options.json:
        _write(options.json, figures)
    return int(void or not all(figure.passed for figure in figures))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measures the speed of the system; see docs/benchmarks.md.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each measurement")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="time limit of all measurements"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the figures to this file"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    return options


def _write(file: Path, figures: list[Figure]) -> None:
    report = {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "figures": [figure.as_json() for figure in figures],
    }
    file.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
