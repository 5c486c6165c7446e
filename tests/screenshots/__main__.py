"""python -m tests.screenshots: start a stack, play a day of the shop, photograph the console."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.layout import PROJECT, StackError
from infra.local.stack import LocalStack
from tests.browser.chromium import PYTHON, BrowserMissing, find_chromium
from tests.screenshots.day import Day
from tests.screenshots.png import with_palette

FOLDER = PROJECT / "docs/images"

#: The script that has the browser.
SHOOT = Path(__file__).with_name("shoot.py")

#: A picture that is larger is refused: git keeps each version of it.
MAX_BYTES = 150_000

PICTURES = (
    {"name": "overview", "path": "", "role": "operator", "height": 1180, "links": []},
    {
        "name": "notification",
        "path": "/failed?hours=24",
        "role": "support",
        "height": 900,
        "links": ["article:has-text('spam') a:text-is('List them')", "tbody a >> nth=0"],
    },
    {
        "name": "failed",
        "path": "/failed?hours=24",
        "role": "operator",
        "height": 900,
        "links": [],
    },
    {
        "name": "editor",
        "path": "/templates/receipt/edit",
        "role": "author",
        "height": 900,
        "links": ["button:text-is('Preview')", "button[formtarget=message] >> nth=0"],
    },
)


def main() -> int:
    """Write the pictures; return 1 if the stack or the browser fails."""
    folder = _parse().to.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stack is stopped
    with tempfile.TemporaryDirectory(prefix="screenshots-") as root:
        stack = LocalStack(Path(root) / "stack")
        try:
            chromium = find_chromium()
            stack.up()
            end = Day(stack).play()
            _photograph(chromium, stack.access(), end, folder)
        except (StackError, BrowserMissing) as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            stack.down()
    return _check(folder)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder for the pictures")
    return parser.parse_args()


def _photograph(chromium: str, access: Mapping[str, Any], end: datetime, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    task = {
        "chromium": chromium,
        "url": access["console_url"],
        "password": access["console_password"],
        "now": (end + timedelta(minutes=1)).isoformat(),
        "folder": str(folder),
        "pictures": PICTURES,
    }
    subprocess.run([PYTHON, SHOOT], input=json.dumps(task), text=True, check=True, timeout=300)
    for path in folder.glob("console-*.png"):
        path.write_bytes(with_palette(path.read_bytes()))


def _check(folder: Path) -> int:
    """Print the sizes of the pictures; return 1 if one is too large."""
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("console-*.png"))}
    for name, size in sizes.items():
        print(f"{name}: {size:,} bytes{' (too large)' if size > MAX_BYTES else ''}")
    return int(any(size > MAX_BYTES for size in sizes.values()))


if __name__ == "__main__":
    raise SystemExit(main())
