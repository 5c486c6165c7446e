"""A database of django-notification-system, and its dump."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.layout import PROJECT

#: The interpreter of the environment that has the package and a Django that it supports.
PYTHON = PROJECT / ".local/env/compare/bin/python"


@dataclass(frozen=True)
class Ancestor:
    """A filled database, in a folder."""

    folder: Path

    @property
    def dump(self) -> Path:
        """The output of `dumpdata`."""
        return self.folder / "dump.json"

    def fill(self, users: int) -> dict[str, dict[str, int]]:
        """Fill the database; return the expected counts by model and result."""
        self._run("-m", "django", "migrate", "--verbosity", "0")
        counts: dict[str, dict[str, int]] = json.loads(
            self._run("-m", "tests.ancestor.fill", str(users))
        )
        models = ("django_notification_system", "auth.user")
        self._run("-m", "django", "dumpdata", *models, "--output", str(self.dump))
        return counts

    def _run(self, *words: str) -> str:
        environment: dict[str, Any] = os.environ | {
            "PYTHONPATH": str(PROJECT),
            "DJANGO_SETTINGS_MODULE": "tests.ancestor.settings",
            "ANCESTOR_DATABASE": str(self.folder / "ancestor.sqlite3"),
        }
        ran = subprocess.run(
            [str(PYTHON), *words], env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
        return ran.stdout
