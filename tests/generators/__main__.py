"""python -m tests.generators: generate clients from docs/openapi.json, and use one of them."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from infra.local.layout import StackError
from infra.local.stack import LocalStack
from tests.generators.generate import HERE, generate_all
from tests.generators.toolchain import Toolchain


def main() -> int:
    """Return 1 if a generator, a compiler or the sending failed."""
    began = time.monotonic()
    toolchain = Toolchain()
    output = toolchain.home / "clients"
    try:
        generate_all(toolchain, output, print)
        with tempfile.TemporaryDirectory(prefix="generators-") as folder:
            outcome = _send(toolchain, output, Path(folder).resolve())
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"  a notification through the generated client: {outcome}")
    print(f"Every generator's client works: {time.monotonic() - began:.0f} s")
    return 0


def _send(toolchain: Toolchain, output: Path, folder: Path) -> str:
    stack = LocalStack(folder, say=lambda _: None)
    program = shutil.copy(HERE / "send.py", output)
    try:
        stack.up()
        done = toolchain.run(
            toolchain.python, str(program), str(stack.layout.stack), folder=output, path=output
        )
    finally:
        stack.down()
    return done.strip()


if __name__ == "__main__":
    sys.exit(main())
