"""Makes one shell script of a page: its blocks, exactly as they are written."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from tests.snippets.pages import Block, InvalidPage

#: Ends the page when a block fails. A block that uses a variable has to define it.
HEADER = "set -euo pipefail\n"

#: Waits until the server of the last block responds; fails if it ends.
WAIT = """for attempt in $(seq 300); do
  curl --silent --output /dev/null {url} && break
  kill -0 $! || exit 1
  sleep 0.1
done
curl --silent --show-error --output /dev/null {url}
"""

#: The script prints this with the line of each block that has been executed.
EXECUTED = "snippet executed:"


def script_of(blocks: Iterable[Block], folder: Path) -> str:
    """Write the blocks of a page to a folder, and return the script that runs them.

    Shell blocks run in one shell, in order. The Python blocks without a file form one program,
    which runs at the end.

    Raises:
        InvalidPage: a JavaScript block has no file.
    """
    script = HEADER
    program = ""
    for block in blocks:
        if block.reason:
            continue
        if block.language == "python" and not block.file:
            program += f"# line {block.line}\n{block.text}print('\\n{EXECUTED} {block.line}')\n"
        else:
            script += _run(block, folder) + _note(block)
    if program:
        source = folder / "program.py"
        source.write_text(program)
        script += f"python {shlex.quote(str(source))}\n"
    return script


def _note(block: Block) -> str:
    return f"printf '\\n{EXECUTED} {block.line}\\n'\n"  # after output without a newline


def _run(block: Block, folder: Path) -> str:
    source = folder / f"line-{block.line}.{block.language}"
    source.write_text(block.text)
    path = shlex.quote(str(source))
    if block.file:
        target = shlex.quote(block.file)
        if block.appends:
            return f"test -f {target}\ncat {path} >> {target}\n"
        return f"mkdir -p {shlex.quote(str(Path(block.file).parent))}\ncp {path} {target}\n"
    if block.language == "js":
        raise InvalidPage(f"line {block.line}: name the file of this JavaScript in a comment")
    if block.ready_url:
        return f"bash {path} &\n" + WAIT.format(url=shlex.quote(block.ready_url))
    return f". {path}\n"
