"""The shop's templates: the starters, pushed and published with the command line."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from infra.local.layout import PROJECT

#: A starter, and the note of its first version.
_STARTERS = {
    "brand": "Header and footer of the shop",
    "receipt": "First version, as agreed with the shop",
    "one-time-code": "Codes are valid for ten minutes",
}


class Texts:
    """The folder with the templates of the shop.

    Args:
        stack_file: the stack.json of the stack to push to.
    """

    def __init__(self, stack_file: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="templates-")
        self._stack_file = stack_file

    def publish(self) -> None:
        """Store the first version of each template, and publish it."""
        for name in ("receipt", "one-time-code"):
            self._notify("templates", "new", name, "--from", name)
        for name, note in _STARTERS.items():
            self._notify("templates", "push", name, "--note", note, "--publish")

    def change(self) -> None:
        """Store a second version of the receipt, publish it, and store a third one."""
        text = Path(self._folder.name, "templates/receipt/en/sms.txt")
        text.write_text("Thank you! Order {{ order_id }}: {{ total | currency(currency) }}.\n")
        note = "A shorter SMS, which is one segment"
        self._notify("templates", "push", "receipt", "--note", note, "--publish")
        text.write_text(
            "Thank you for order {{ order_id }} of {{ total | currency(currency) }}."
            "{% if order_url %} {{ order_url }}{% endif %}\n"
        )
        self._notify("templates", "push", "receipt", "--note", "With a link to the order")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def _notify(self, *words: str) -> None:
        paths = [PROJECT / "clients/python", PROJECT / "shared"]
        subprocess.run(
            [sys.executable, "-m", "notification_system.cli", *words, "--local", self._stack_file],
            cwd=self._folder.name,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=120,
        )
