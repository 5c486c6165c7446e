"""``python -m infra.sync_client``: generates the synchronous Python client.

The folder `_sync` of the client is made from `_async`. A test compares the result with the files
of the repository.
"""

import re
import subprocess
import sys
from pathlib import Path

import unasync

from infra.local.layout import PROJECT

PACKAGE = PROJECT / "clients/python/notification_system"

MARK = '"""Generated from `_async` by `make client`; edit that instead."""\n\n'

#: Names of the asynchronous code that the library does not replace by itself.
NAMES = {"_async": "_sync", "io_async": "io_sync", "aclose": "close"}


def generate(package: Path) -> None:
    """Write `_sync` of a package folder anew."""
    sources = sorted((package / "_async").glob("*.py"))
    classes = re.findall(r"class (Async(\w+))", "".join(path.read_text() for path in sources))
    rule = unasync.Rule("/_async/", "/_sync/", NAMES | dict(classes))
    unasync.unasync_files([str(path) for path in sources], [rule])
    for path in (package / "_sync").glob("*.py"):
        without_docstring = re.sub(r'\A""".*?"""\n+', "", path.read_text(), flags=re.DOTALL)
        path.write_text(MARK + without_docstring)
    _run_ruff(
        "check",
        "--quiet",
        "--select",
        "I,RUF022,UP028",
        "--fix",
        "--unsafe-fixes",
        str(package / "_sync"),
    )
    _run_ruff("format", "--quiet", str(package / "_sync"))


def _run_ruff(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ruff", *arguments], check=True)


if __name__ == "__main__":
    generate(PACKAGE)
