"""Checks of the programs on this computer that build and deploy."""

import shutil
import subprocess
from pathlib import Path

from notification_system.cli.checks.finding import Finding, warning

#: The runtimes that the template allows, the newest first.
RUNTIMES = ("python3.14", "python3.13", "python3.12", "python3.11")

#: The installers of the AWS CLI. Python's package index has version 1 only.
AWS_CLI = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"

#: Where `make env` installs SAM, below the checkout.
SAM = Path(".local") / "env" / "sam" / "bin" / "sam"


def python(runtime: str | None) -> Finding:
    """Check that an interpreter of the runtime is on the PATH, because SAM builds with it."""
    wanted = (runtime,) if runtime else RUNTIMES
    found = [name for name in wanted if _runs(name)]
    if runtime is not None and runtime not in RUNTIMES:
        message = f"{runtime} is not a runtime of the template: {', '.join(RUNTIMES)}."
        return Finding("build", False, message, "make deploy ENV=staging RUNTIME=python3.13")
    if found:
        return Finding("build", True, f"The build can use {', '.join(found)}.")
    message = (
        f"{' or '.join(wanted)} is not on the PATH, and the build needs the interpreter of the "
        "runtime. Install it, or choose a runtime that you have."
    )
    return Finding("build", False, message, "make deploy ENV=staging RUNTIME=python3.12")


def _runs(name: str) -> bool:
    """Whether an interpreter is on the PATH and starts.

    A version manager puts a command for every version that it knows on the PATH, and only some of
    them run.
    """
    path = shutil.which(name)
    if path is None:
        return False
    started = subprocess.run([path, "-c", ""], capture_output=True, check=False)  # noqa: S603 - found above
    return started.returncode == 0


def aws_cli() -> Finding:
    """Check that the AWS CLI is installed, because the remedies of all checks use it."""
    if shutil.which("aws"):
        return Finding("build", True, "The AWS CLI is installed.")
    message = (
        "The AWS CLI is not installed. The commands that fix problems are written for its version "
        "2. Install it:"
    )
    return warning("build", message, AWS_CLI)


def sam() -> Finding:
    """Check that the AWS SAM CLI is installed, by `make env` or on the PATH."""
    folders = (Path.cwd(), *Path.cwd().parents)
    local = next((folder / SAM for folder in folders if (folder / SAM).is_file()), None)
    program = str(local) if local else shutil.which("sam")
    if program:
        return Finding("build", True, "The AWS SAM CLI is installed.")
    message = "The AWS SAM CLI is not installed in this checkout."
    return Finding("build", False, message, "make env")
