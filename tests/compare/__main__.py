"""Command line: `python -m tests.compare`; `make compare` creates its environment."""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.local.layout import StackError
from tests.benchmarks.environment import PROJECT
from tests.benchmarks.figures import BenchError
from tests.benchmarks.processes import serving
from tests.compare import page
from tests.compare.celery_system import NO_REDIS, celery_system, has_redis
from tests.compare.django_system import django_system
from tests.compare.goals import checks
from tests.compare.mails import MailLog
from tests.compare.names import PREFORK, THREADS
from tests.compare.ours import our_system
from tests.compare.processor_time import seconds_of
from tests.compare.results import Results, read, write
from tests.compare.ses_system import ses_system
from tests.compare.session import Session
from tests.compare.systems import PEERS, System, say

STATE = PROJECT / ".local" / "compare"


def main() -> int:
    """Compare and write the results; return 0 if every goal is met."""
    options = _parse()
    if not (PEERS / "python").exists():
        print("The other systems are not installed. Run: make compare", file=sys.stderr)
        return 1
    try:
        results = _compare(options)
    except (BenchError, StackError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 1
    say(f"\n{page.tables(results)}\n")
    if options.write:
        write(page.DATA, results)
        page.write(read(page.DATA))  # rounded, so that the page and the data agree
        say(f"Written: {page.DATA.relative_to(PROJECT)}, the charts and the table")
    judged = checks(results)
    for check in judged:
        say(f"  {'ok ' if check.passed else 'BAD'} {check.goal}: {check.measured}")
    return int(not all(check.passed for check in judged))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.compare", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="e-mails per run")
    parser.add_argument(
        "--no-write", dest="write", action="store_false", help="do not write the documents"
    )
    return parser.parse_args()


def _compare(options: argparse.Namespace) -> Results:
    began = time.monotonic()
    session = Session(options.count)
    say("This system through SES, as make up runs it:")
    with ses_system(STATE / "ses") as system:
        session.measure({system: system}, lambda: 0.0)
    say("All systems through SMTP, to one mail server:")
    with _mail_server() as (port, pid, log), ExitStack() as running:
        systems: list[System] = [
            running.enter_context(our_system(STATE / "smtp", port)),
            running.enter_context(django_system(port)),
        ]
        if has_redis():
            for name, pool in ((PREFORK, "prefork"), (THREADS, "threads")):
                size = "2" if pool == "prefork" else "64"
                how = ("--pool", pool, "--concurrency", size)
                systems.append(running.enter_context(celery_system(name, how, port)))
        else:
            say(NO_REDIS)
        session.measure(dict.fromkeys(systems, log), lambda: seconds_of(pid))
        session.disturb(dict.fromkeys(systems, log))
    return session.results(
        python=platform.python_version(),
        processors=os.cpu_count() or 0,
        seconds=time.monotonic() - began,
    )


@contextmanager
def _mail_server() -> Iterator[tuple[int, int, MailLog]]:
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        file, latency = Path(folder) / "mails.log", Path(folder) / "latency"
        options = ("--log", str(file), "--latency", str(latency))
        with serving("tests.compare.mail_server", *options) as ready:
            yield ready["port"], ready["pid"], MailLog(file, latency)


if __name__ == "__main__":
    sys.exit(main())
