"""The mutants: each breaks one rule by one small edit, and names the suites that must notice it.

They are data, in `list/*.toml`:

    [[mutant]]
    name = "an outcome is stored under any claim (memory)"
    file = "shared/notification_core/adapters/memory/notifications.py"
    old = "the text as it stands, just once in that file"
    new = "what stands there instead"
    noticed_by = ["model"]
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).parent / "list"


class Outdated(Exception):
    """A mutant's old text is not in its file just once: the code has changed."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One edit of one file.

    Attributes:
        file: from the repository's root.
        noticed_by: names of `suites.SUITES`.
    """

    name: str
    file: str
    old: str
    new: str
    noticed_by: list[str]

    def apply(self, text: str) -> str:
        """Return the file's text with the edit. Raises Outdated."""
        found = text.count(self.old)
        if found != 1:
            raise Outdated(
                f"mutant {self.name!r}: its old text occurs {found} times in {self.file}, "
                f"not once; adapt tests/mutants/list to the code"
            )
        return text.replace(self.old, self.new)


def all_mutants() -> list[Mutant]:
    """Read the list, in the order of its files. Raises ValueError where a name comes twice."""
    found = [
        Mutant(**each)
        for path in sorted(LIST.glob("*.toml"))
        for each in tomllib.loads(path.read_text())["mutant"]
    ]
    names = [each.name for each in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"these names come twice in tests/mutants/list: {sorted(twice)}")
    return found
