"""Runs the blocks of a page in a folder of its own, against the local stack."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from infra.local.layout import PROJECT
from tests.snippets.pages import Block, Delivery, read_page
from tests.snippets.script import EXECUTED, script_of

ENVIRONMENTS = PROJECT / ".local/env"

#: Seconds that the blocks of a page may take, and that a message may take to arrive.
PAGE_SECONDS = 180
ARRIVAL_SECONDS = 30
#: Seconds in which an unwanted message would arrive.
UNWANTED_SECONDS = 2

OF_BLOCK = re.compile(rf"^{EXECUTED} (\d+)$", re.MULTILINE)


@dataclass
class Outcome:
    """The result of a page."""

    executed: int = 0
    not_run: list[str] = field(default_factory=list)
    failure: str = ""
    sources: list[Path] = field(default_factory=list)  #: the Python files of the page


@dataclass(frozen=True)
class Runner:
    """Runs pages against a local stack, in folders below `folder`."""

    access: Mapping[str, Any]
    stack_file: Path
    folder: Path
    tools: Path = ENVIRONMENTS / "snippets"  #: the environment of the examples

    def run(self, page: Path) -> Outcome:
        """Run the blocks of a page, and check that its messages have arrived."""
        steps = read_page(page.read_text())
        blocks = [step for step in steps if isinstance(step, Block)]
        deliveries = [step for step in steps if isinstance(step, Delivery)]
        folder = self.workspace(page)
        outcome = Outcome(not_run=[f"line {b.line}: {b.reason}" for b in blocks if b.reason])
        expected = [block.line for block in blocks if not block.reason]
        httpx.delete(f"{self.access['simulator_url']}/inbox").raise_for_status()
        status, output = self._execute(blocks, folder)
        executed = [int(line) for line in OF_BLOCK.findall(output)]
        outcome.executed = len(executed)
        outcome.sources = [*folder.glob(".snippets/program.py"), *_files(blocks, folder)]
        if status != 0 or sorted(executed) != expected:
            missing = sorted(set(expected) - set(executed))
            outcome.failure = f"exit status {status}; not executed: lines {missing}\n{output}"
        else:
            outcome.failure = self._undelivered(deliveries)
        return outcome

    def workspace(self, page: Path) -> Path:
        """Return the folder in which the blocks of a page run."""
        return self.folder / page.relative_to(PROJECT).as_posix().replace("/", "-")

    def _execute(self, blocks: Sequence[Block], folder: Path) -> tuple[int, str]:
        """Run the blocks; return the exit status and the output of all of them."""
        sources = folder / ".snippets"
        sources.mkdir(parents=True)
        (folder / ".local").mkdir()
        (folder / ".local/stack.json").symlink_to(self.stack_file)
        (folder / "node_modules").symlink_to(ENVIRONMENTS / "snippets/node/node_modules")
        script = sources / "page.sh"
        script.write_text(script_of(blocks, sources))
        log = sources / "output"
        with log.open("w") as output, _session(["bash", str(script)], folder, output, self) as page:
            try:
                status = page.wait(PAGE_SECONDS)
            except subprocess.TimeoutExpired:
                output.write(f"\nThe page took more than {PAGE_SECONDS} s.")
                status = -1
        return status, log.read_text()

    def environment(self) -> dict[str, str]:
        """Return the environment of the blocks: the tools, and credentials of the local stack."""
        own = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
        own.pop("PYTHONPATH", None)  # the examples use the installed client
        return own | {
            "PATH": f"{self.tools / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": self.access["operator_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.access["operator_secret_access_key"],
            "AWS_ENDPOINT_URL": self.access["endpoint_url"],
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
        }

    def _undelivered(self, deliveries: Sequence[Delivery]) -> str:
        """Return the first expectation that is not met; empty if all are."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline and any(
            self._count(delivery) < delivery.count for delivery in deliveries
        ):
            time.sleep(0.2)
        time.sleep(UNWANTED_SECONDS)
        for delivery in deliveries:
            if (count := self._count(delivery)) != delivery.count:
                return (
                    f"line {delivery.line}: {count} messages to {delivery.address} contain "
                    f"{delivery.text!r}, not {delivery.count}"
                )
        return ""

    def _count(self, delivery: Delivery) -> int:
        url = f"{self.access['simulator_url']}/inbox"
        items = httpx.get(url, params={"to": delivery.address}).json()["items"]
        return sum(delivery.text in f"{item['title']} {item['body']}" for item in items)


def _files(blocks: Sequence[Block], folder: Path) -> list[Path]:
    """Return the Python files that blocks have written, but not those that they have changed."""
    python = [block for block in blocks if block.language == "python"]
    return [folder / block.file for block in python if block.file and not block.appends]


@contextmanager
def _session(
    command: Sequence[str], folder: Path, output: Any, runner: Runner
) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own, which ends with the `with` block."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=runner.environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the servers of the page
        process.wait()
