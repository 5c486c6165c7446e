"""The templates of a folder, checked again only when their files have changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from notification_system.cli.templates.workspace import Checked, Workspace

#: The files of some folders, each with the time of its last change and its size.
Stamp = tuple[tuple[str, int, int], ...]


def stamp_of(paths: Iterable[Path]) -> Stamp:
    """Return the state of some files and of what is in some folders; nothing for absent ones."""
    stamps = []
    for path in paths:
        for file in (path, *sorted(path.rglob("*"))):
            try:
                status = file.stat()
            except OSError:  # absent, or removed a moment ago
                continue
            stamps.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(stamps)


@dataclass(frozen=True)
class CachedWorkspace(Workspace):
    """A folder of templates whose checks are remembered. A check takes some 50 ms."""

    _checked: dict[str, tuple[Stamp, Checked]] = field(default_factory=dict)

    def check(self, name: str) -> Checked:
        """Read and check a template, or return the last result if nothing has changed."""
        if (found := self._checked.get(name)) and found[0] == self._stamp(found[1]):
            return found[1]
        checked = super().check(name)
        self._checked[name] = (self._stamp(checked), checked)
        return checked

    def _stamp(self, checked: Checked) -> Stamp:
        layouts = checked.document.layouts if checked.document else ()
        return stamp_of(self.root / name for name in (checked.name, *layouts))
