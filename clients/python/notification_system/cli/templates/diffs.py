"""Shows how two versions of a template differ, file by file."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from rich.text import Text

from notification_system.cli.formatting import plain
from notification_system.cli.session import Session
from notification_system.cli.templates.writing import file_contents

STYLES = {"+": "green", "-": "red", "@": "cyan"}


def print_diff(
    session: Session,
    before: str,
    before_fields: Mapping[str, Any],
    after: str,
    after_fields: Mapping[str, Any],
) -> None:
    """Print a unified diff of the files that two versions of a template have.

    Args:
        session: of the command.
        before: the name of the first version in the diff, such as `receipt@3`.
        before_fields: its fields.
        after: the name of the second one, such as `templates/receipt`.
        after_fields: its fields.
    """
    for line in diff_lines(before, before_fields, after, after_fields):
        style = STYLES.get(line[:1], "") if line[:3] not in {"---", "+++"} else "bold"
        session.out.print(Text(plain(line), style=style), soft_wrap=True)


def diff_lines(
    before: str,
    before_fields: Mapping[str, Any],
    after: str,
    after_fields: Mapping[str, Any],
) -> Iterator[str]:
    """Yield the lines of `print_diff`."""
    old, new = dict(file_contents(before_fields)), dict(file_contents(after_fields))
    for name in sorted(old.keys() | new.keys()):
        yield from unified_diff(
            old.get(name, "").splitlines(),
            new.get(name, "").splitlines(),
            f"{before}/{name}" if name in old else "/dev/null",
            f"{after}/{name}" if name in new else "/dev/null",
            lineterm="",
        )
