"""``python -m infra.audit``: look for known vulnerabilities in what this repository pins.

It fails where one is found. Where PyPI tells no advisories, nothing was audited: it says so, and
fails only with AUDIT=strict in the environment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.layout import PROJECT, tool

#: Files that are audited at once.
PARALLEL = 4
#: Seconds for one of them.
TIMEOUT = 180

#: Where tools and builds lie, with files of theirs.
NOT_OURS = frozenset({".local", ".aws-sam", "node_modules"})

#: What `make compare` compares with is old because it was last released so. Nothing else installs
#: it, it runs while that command does, and talks to the loopback interface alone.
COMPARED_WITH = "requirements-compare.txt"


@dataclass(slots=True)
class Audit:
    """What is known of some packages, each as name and version."""

    clean: set[str] = field(default_factory=set)
    vulnerable: set[str] = field(default_factory=set)  #: with the advisories' ids
    unknown: set[str] = field(default_factory=set)  #: that nobody told anything of
    trouble: str = ""  #: why nothing was told at all

    def add(self, other: "Audit") -> None:
        """Join what is known of others."""
        self.clean |= other.clean
        self.vulnerable |= other.vulnerable
        self.unknown |= other.unknown
        self.trouble = self.trouble or other.trouble

    @property
    def is_whole(self) -> bool:
        """Whether every package was audited."""
        return not (self.unknown or self.trouble)


def read(answer: str, trouble: str = "") -> Audit:
    """Read what pip-audit writes as JSON; `trouble` is what it complained of beside that."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        complaints = [each.strip() for each in trouble.splitlines() if each.strip()]
        return Audit(trouble=complaints[-1] if complaints else "pip-audit said nothing")
    found = Audit()
    for each in dependencies:
        name = f"{each['name']} {each.get('version', '')}".strip()
        if "skip_reason" in each:
            found.unknown.add(name)
        elif vulnerabilities := each["vulns"]:
            found.vulnerable.add(f"{name}: {', '.join(map(_advisory, vulnerabilities))}")
        else:
            found.clean.add(name)
    return found


def _advisory(vulnerability: dict[str, Any]) -> str:
    fixed = vulnerability.get("fix_versions") or []
    remedy = f"fixed in {', '.join(fixed)}" if fixed else "not fixed yet"
    return f"{vulnerability['id']} ({remedy})"


def verdict(audit: Audit, *, strict: bool) -> tuple[list[str], int]:
    """Say what was found, and the exit status."""
    lines = [f"vulnerable: {each}" for each in sorted(audit.vulnerable)]
    if audit.trouble:
        lines.append(f"NOT AUDITED: pip-audit could not do its work: {audit.trouble}")
    if audit.unknown:
        some = ", ".join(sorted(audit.unknown)[:3])
        every = len(audit.unknown) + len(audit.clean) + len(audit.vulnerable)
        of = f"{len(audit.unknown)} of {every} packages"
        lines.append(f"NOT AUDITED: of {of} PyPI tells nothing here ({some}, ...)")
    if not lines:
        lines = [f"{len(audit.clean)} packages audited, no known vulnerability"]
    elif not audit.is_whole and not strict:
        lines.append("Where PyPI can be reached, run this again; AUDIT=strict makes it a failure.")
    failed = bool(audit.vulnerable) or (strict and not audit.is_whole)
    return lines, int(failed)


def files(root: Path = PROJECT) -> list[Path]:
    """Return every file of requirements of the repository but the compared systems'."""
    found = (
        each.relative_to(root)
        for each in root.rglob("requirements*.txt")
        if each.name != COMPARED_WITH
    )
    return sorted(root / each for each in found if not NOT_OURS & set(each.parts))


def audited(paths: Iterable[Path], options: Sequence[str] = ()) -> Audit:
    """Audit the files' own lines: what they pull in is pinned in them too."""
    whole = Audit()
    with ThreadPoolExecutor(PARALLEL) as pool:
        for each in pool.map(lambda path: _audited(path, options), paths):
            whole.add(each)
    return whole


def _audited(path: Path, options: Sequence[str]) -> Audit:
    command = [str(tool("audit", "pip-audit")), "--requirement", str(path), "--format", "json"]
    command += ["--no-deps", "--disable-pip", "--progress-spinner", "off", *options]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=path.parent
        )
    except subprocess.TimeoutExpired:
        return Audit(trouble=f"no answer within {TIMEOUT} seconds")
    return read(done.stdout, done.stderr)


def main() -> int:
    """Audit everything; print what was found."""
    found = audited(files(), sys.argv[1:])
    lines, status = verdict(found, strict=os.environ.get("AUDIT") == "strict")
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
