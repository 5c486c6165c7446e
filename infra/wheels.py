"""``python -m infra.wheels``: checks that the functions can be built for each Lambda architecture.

`sam build` fetches binary packages for the `Architecture` of the template, regardless of the
machine that it runs on. This check asks the package index whether binary packages of all
requirements are available, for each runtime that the template allows.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from infra.local.layout import PROJECT

#: pip's names of the architectures.
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}

#: The platform tags that a runtime supports, by its glibc: 2.26 of Amazon Linux 2, otherwise 2.34
#: of Amazon Linux 2023 (AWS Lambda Developer Guide, "Lambda runtimes"; PEP 600).
OLD_SYSTEM = ("manylinux2014", "manylinux_2_17")
NEW_SYSTEM = (*OLD_SYSTEM, "manylinux_2_28", "manylinux_2_34")
ON_OLD_SYSTEM = frozenset({"3.11"})

#: Number of concurrent pip processes.
PARALLEL = 2
#: Time limit of a pip process, in seconds.
TIMEOUT = 120


def main() -> int:
    """Print the missing packages; return 1 if any is missing."""
    files, asked = requirements(PROJECT), list(product(runtimes(PROJECT), MACHINES))
    with ThreadPoolExecutor(PARALLEL) as workers:
        refusals = list(workers.map(lambda one: refusal(files, *one), asked))
    if all(refusals):
        print(f"NOT CHECKED: the package index does not answer ({refusals[0]})")
        return 0
    for (version, architecture), error in zip(asked, refusals, strict=True):
        if error:
            message = f"no function can be built for {architecture} and Python {version}: {error}"
            print(message, file=sys.stderr)
    if any(refusals):
        return 1
    print(f"Every function can be built for {' and '.join(MACHINES)}, on each Python.")
    return 0


def requirements(folder: Path) -> list[Path]:
    """Return the requirements of the layer and of each function that has its own."""
    own = sorted((folder / "functions").rglob("requirements.txt"))
    return [folder / "shared" / "requirements.txt", *own]


def runtimes(folder: Path) -> list[str]:
    """Return the versions of Python that the template allows."""
    allowed_values = re.search(
        r"AllowedValues: \[(python[^\]]*)\]", (folder / "template.yaml").read_text()
    )
    if allowed_values is None:
        raise LookupError("template.yaml allows no runtime")
    return [runtime.strip().removeprefix("python") for runtime in allowed_values[1].split(",")]


def refusal(files: Sequence[Path], version: str, architecture: str) -> str:
    """Return why packages are missing for a runtime and architecture; "" if all are available."""
    ended = subprocess.run(
        command(files, version, MACHINES[architecture]),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if not ended.returncode:
        return ""
    errors = [line for line in ended.stderr.splitlines() if line.startswith("ERROR: ")]
    return (
        errors[-1].removeprefix("ERROR: ")
        if errors
        else f"pip failed with exit status {ended.returncode}"
    )


def command(files: Sequence[Path], version: str, machine: str) -> Sequence[str]:
    """Return a pip command that resolves all files together and installs nothing."""
    systems = OLD_SYSTEM if version in ON_OLD_SYSTEM else NEW_SYSTEM
    options = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "--implementation=cp"]
    options += ["--quiet", "--disable-pip-version-check", "--target=unused"]
    options += [f"--platform={system}_{machine}" for system in systems]
    options += [f"--python-version={version}"]
    for file in files:
        options += ["-r", str(file)]
    return [sys.executable, "-m", "pip", "install", *options]


if __name__ == "__main__":
    sys.exit(main())
