"""`sam build` and `sam deploy`, which are skipped when nothing has changed."""

import fcntl
import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.local.layout import PROJECT, STACK, Layout, StackError, tool, tool_environment
from infra.local.runtimes import required_interpreter

SOURCES = ("template.yaml", "infra/templates", "functions", "shared")
BUILD = PROJECT / ".aws-sam" / "build"
BUILD_DIGEST = BUILD / "digest"
LOG_LINES = 25


def digest(*parts: str) -> str:
    """Return a digest of all inputs of a deployment."""
    checksum = hashlib.sha256(json.dumps(parts).encode())
    for source in SOURCES:
        path = PROJECT / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                checksum.update(f"{file.relative_to(PROJECT)}\0{file.stat().st_mode}\0".encode())
                checksum.update(file.read_bytes())
    return checksum.hexdigest()


@contextmanager
def build_lock() -> Iterator[None]:
    """Allow only one process at a time to build and deploy from this working tree."""
    lock = PROJECT / ".local" / "build.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(runtime: str, architecture: str, log: Path) -> bool:
    """Build for a runtime and an architecture unless that is current; return whether it ran."""
    state = digest(runtime, architecture)
    if BUILD_DIGEST.exists() and BUILD_DIGEST.read_text() == state:
        return False
    python = required_interpreter(runtime)
    values = [f"PythonRuntime={runtime}", f"Architecture={architecture}"]
    command = [str(tool("sam", "sam")), "build", "--cached", "--parallel"]
    _run([*command, "--parameter-overrides", *values], log)
    # /var/task is read-only, so without bytecode every cold start would compile the modules again.
    compiling = [python, "-m", "compileall", "-q", "-j", "0"]
    _run([*compiling, "--invalidation-mode", "unchecked-hash", str(BUILD)], log)
    BUILD_DIGEST.write_text(state)
    return True


def deploy(endpoint: str, bucket: str, parameters: Mapping[str, str], log: Path) -> None:
    """Deploy the build to the emulator."""
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    command = [str(tool("sam", "sam")), "deploy", "--config-env", "local", "--stack-name", STACK]
    command += ["--s3-bucket", bucket, "--parameter-overrides", *overrides]
    _run(command, log, endpoint)


def is_deployed(layout: Layout, state: str, stack_id: str | None) -> bool:
    """Return whether this stack was deployed from the state with this digest."""
    try:
        last = json.loads(layout.deployed.read_text())
    except FileNotFoundError:
        return False
    return stack_id is not None and last == {"digest": state, "stack_id": stack_id}


def _run(command: Sequence[str], log: Path, endpoint: str | None = None) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=tool_environment(endpoint),
            cwd=PROJECT,
            check=False,
        )
    if ended.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        raise StackError(f"{Path(command[0]).name} {command[1]} failed. The end of {log}:\n{tail}")
