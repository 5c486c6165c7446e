"""Paths and constants of the local stack, and the error whose message states a remedy."""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
STACK = "notifications"
# The emulator's root key, which is valid for the emulator only.
ROOT_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class StackError(Exception):
    """The local stack cannot continue; the message states what to do."""


@dataclass(frozen=True)
class Layout:
    """The files of one local stack, all under its state folder."""

    root: Path

    @property
    def stack(self) -> Path:
        """URLs and access keys for clients."""
        return self.root / "stack.json"

    @property
    def environment(self) -> Path:
        """The environment variables of each function, for `sam local invoke --env-vars`."""
        return self.root / "env.json"

    @property
    def ports(self) -> Path:
        """The ports of the last run, so that URLs stay the same."""
        return self.root / "ports.json"

    @property
    def deployed(self) -> Path:
        """The digest and the stack id of the last deployment."""
        return self.root / "deployed.json"

    @property
    def clock(self) -> Path:
        """The seconds that the local time is ahead of the real time; no file means zero."""
        return self.root / "clock"

    @property
    def data(self) -> Path:
        """The emulator's data, if it is kept from one run to the next."""
        return self.root / "state"

    @property
    def scratch(self) -> Path:
        """The emulator's temporary files: unpacked functions and layers."""
        return self.root / "tmp"

    def log(self, name: str) -> Path:
        """Return the log file of a process or a step."""
        return self.root / "log" / f"{name}.log"


def tool(environment: str, name: str) -> Path:
    """Return the path of a program in one of the tool environments that `make` creates."""
    path = PROJECT / ".local" / "env" / environment / "bin" / name
    if not path.exists():
        raise StackError(f"{name} is not installed. Run: make env")
    return path


def tool_environment(endpoint: str | None = None) -> dict[str, str]:
    """Return the environment for SAM, which excludes the caller's AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept |= {
        **ROOT_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.1",
        # SAM looks for pythonX.Y by name, which is in the environment of this interpreter.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    return kept | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})


def running_architecture() -> str:
    """Return Lambda's name for this machine's architecture."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def running_runtime() -> str:
    """Return the Lambda runtime that corresponds to this interpreter."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"
