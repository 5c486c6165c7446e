"""Where things are, and what went wrong in words a person can act on."""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
STACK = "notifications"
# The emulator's own root key: it opens nothing but the emulator.
ROOT_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class StackError(Exception):
    """The local stack cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Layout:
    """The files of one local stack, all under its state folder."""

    root: Path

    @property
    def stack(self) -> Path:
        """What a client needs: URLs and the caller's key."""
        return self.root / "stack.json"

    @property
    def environment(self) -> Path:
        """What `sam local invoke --env-vars` hands to each function."""
        return self.root / "env.json"

    @property
    def ports(self) -> Path:
        """The ports of the last run, so that URLs stay the same."""
        return self.root / "ports.json"

    @property
    def deployed(self) -> Path:
        """What was deployed last, and as which stack."""
        return self.root / "deployed.json"

    @property
    def clock(self) -> Path:
        """How many seconds the local time is ahead of the real one; no file: none."""
        return self.root / "clock"

    @property
    def data(self) -> Path:
        """What the emulator keeps from one run to the next, if asked to."""
        return self.root / "state"

    @property
    def scratch(self) -> Path:
        """The emulator's temporary files: unpacked functions and layers."""
        return self.root / "tmp"

    def log(self, name: str) -> Path:
        """Give the log of a process or a step."""
        return self.root / "log" / f"{name}.log"


def tool(environment: str, name: str) -> Path:
    """Find a program of one of the tool environments that `make` creates."""
    path = PROJECT / ".local" / "env" / environment / "bin" / name
    if not path.exists():
        raise StackError(f"{name} is not installed. Run: make env")
    return path


def tool_environment(endpoint: str | None = None) -> dict[str, str]:
    """Give what SAM runs with: never the caller's own AWS account."""
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
        # SAM looks for pythonX.Y by name; the environment that runs this one has it.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    return kept | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})


def running_architecture() -> str:
    """Return Lambda's name of this machine's architecture."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def running_runtime() -> str:
    """Name the Lambda runtime of the interpreter that runs this."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"
