"""The Lambda runtime of a build: one whose interpreter this machine has."""

import shutil
import subprocess

from infra.local.layout import StackError, tool_environment

#: The runtimes by preference. `template.yaml` allows the same ones.
RUNTIMES = ("python3.13", "python3.14", "python3.12", "python3.11")


def available_runtime() -> str:
    """Return the first runtime whose interpreter is on the PATH. Raises StackError."""
    for runtime in RUNTIMES:
        if interpreter_of(runtime):
            return runtime
    raise StackError(f"A build needs one of these interpreters on the PATH: {', '.join(RUNTIMES)}.")


def required_interpreter(runtime: str) -> str:
    """Return the path of a runtime's interpreter. Raises StackError: there is none that runs."""
    python = interpreter_of(runtime)
    if python is None:
        raise StackError(
            f"A build for {runtime} needs {runtime} on the PATH. This machine has "
            f"{available_runtime()}: repeat the command with RUNTIME={available_runtime()}."
        )
    return python


def interpreter_of(runtime: str) -> str | None:
    """Return the path of a runtime's interpreter; None if there is none that runs.

    A version manager puts a command for every version that it knows on the PATH, and only some of
    them run.
    """
    environment = tool_environment()
    path = shutil.which(runtime, path=environment["PATH"])
    if path is None:
        return None
    started = subprocess.run([path, "-c", ""], env=environment, capture_output=True, check=False)
    return path if started.returncode == 0 else None
