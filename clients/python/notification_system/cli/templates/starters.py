"""The templates that `notify templates new` copies."""

import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from notification_system.cli.errors import CliError
from notification_system.cli.templates import files

#: The starter that is copied unless another is named.
BLANK = "blank"


def starters() -> Path:
    """Return the folder of the starters, which are templates like any other."""
    folder: Traversable = resources.files(__package__).joinpath("starters")
    return Path(str(folder))


def complete_starters(incomplete: str) -> list[str]:
    """Return the names of the starters that begin so."""
    return [name for name in files.names(starters()) if name.startswith(incomplete)]


def copy_starter(root: Path, name: str, starter: str) -> list[Path]:
    """Copy a starter to a new template, and the layouts that the folder does not have.

    Returns:
        The folders that were created.

    Raises:
        CliError: there is no such starter, or the template exists.
    """
    source = starters() / starter
    if starter not in files.names(starters()):
        present = ", ".join(files.names(starters()))
        raise CliError(f"There is no starter {starter}.", f"The starters are: {present}")
    if (root / name).exists():
        raise CliError(f"{(root / name).as_posix()} exists already.", "Choose another name.")
    created = [root / name]
    shutil.copytree(source, root / name)
    for layout in sorted(_layouts(source)):
        if not (root / layout).exists():
            shutil.copytree(starters() / layout, root / layout)
            created.append(root / layout)
    return created


def _layouts(folder: Path) -> set[str]:
    content = files.read(folder).fields["content"]
    emails = (channels.get("email", {}) for channels in content.values())
    return {email["layout"] for email in emails if "layout" in email}
