"""A provider simulator of its own, on free ports."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import requests

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Running:
    """A simulator and the ways a test looks into it."""

    url: str
    smtp_port: int
    process: subprocess.Popen[str]

    def get(self, path: str, **query: str) -> Any:
        return requests.get(self.url + path, params=query, timeout=5).json()

    def inbox(self, to: str) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.get("/inbox", to=to)["items"])

    def outcomes(self, to: str) -> list[tuple[str, int | None]]:
        return [(r["outcome"], r["status"]) for r in self.get("/requests", to=to)["items"]]

    def hook(self, name: str, timeout: float = 5, **body: Any) -> requests.Response:
        return requests.post(f"{self.url}/hooks/{name}", json=body, timeout=timeout)

    def push(self, body: Any, **headers: str) -> requests.Response:
        url = f"{self.url}/--/api/v2/push/send"
        return requests.post(url, data=body, headers=headers, timeout=5)


@contextlib.contextmanager
def running(*options: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "infra.simulator", "--port", "0", "--smtp-port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Running(**json.loads(process.stdout.readline()), process=process)
        finally:
            process.terminate()
            ended = process.wait(timeout=5)
    assert ended == 0


@pytest.fixture(scope="session")
def simulator() -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, running() as started:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield started
