"""The CPU time of a new interpreter to import each function, with bytecode as on Lambda.

CPU time varies less than elapsed time while the machine has other work.
"""

import compileall
import py_compile
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.benchmarks.environment import (
    FUNCTIONS,
    HANDLERS,
    PROJECT,
    SHARED,
    clean_environment,
    python,
)
from tests.benchmarks.figures import Figure, Goal
from tests.benchmarks.runner import Runner

#: CPU milliseconds: for the functions that send on time, and for the API and the console, whose
#: callers wait. The libraries of the API alone take 200 to 220 (docs/benchmarks.md), so 250 cannot
#: be reached.
GOALS = {name: Goal(350) for name in ("dispatcher", "email", "twilio", "expo", "console")} | {
    "api": Goal(300)
}

#: CPU milliseconds that the first message from a template adds to a consumer.
TEMPLATES_GOAL = Goal(30)

TIMEOUT = 30  # seconds

_TIMED = """\
import time
began = time.process_time()
import {module}
print((time.process_time() - began) * 1000)
"""

#: Imports a consumer, then what it imports for its first message from a template, and the engine.
_TIMED_TEMPLATES = """\
import time
import handler
began = time.process_time()
from notification_content.templates.language.engine import Engine
from notification_content.templates.rendering import render
Engine({"en/sms/body": "{{ name }}"}).render("en/sms/body", {"name": "Ann"}, "en", "UTC")
print((time.process_time() - began) * 1000)
"""


def measure(runner: Runner) -> list[Figure]:
    """Import every function in turn, repeatedly."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        copy = Path(folder)
        _compiled_copy(copy)
        everything = runner.repeat("cold import", partial(_import_all, copy), _shown)
        templates = runner.repeat(
            "templates in a consumer", partial(_templates, copy), lambda value: f"{value:.0f} ms"
        )
    figures = [
        Figure(
            name=f"cold import, {function}",
            unit="ms CPU",
            values=[result[function] for result in everything],
            goal=GOALS.get(function),
        )
        for function in HANDLERS
    ]
    name = "cold import, templates in a consumer"
    return [*figures, Figure(name=name, unit="ms CPU", values=templates, goal=TEMPLATES_GOAL)]


def _compiled_copy(folder: Path) -> None:
    """Copy the sources and compile them as a build does."""
    for source in (SHARED, FUNCTIONS):
        target = folder / source.relative_to(PROJECT)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(target, quiet=1, invalidation_mode=mode)


def _import_all(copy: Path) -> dict[str, float]:
    """Return the CPU milliseconds of each function, imported in turn so that noise is spread."""
    return {
        function: _import(module, copy / path.relative_to(PROJECT), copy / SHARED.name)
        for function, (path, module) in HANDLERS.items()
    }


def _templates(copy: Path) -> float:
    """Return the CPU milliseconds that the first message from a template adds to a consumer."""
    path, _ = HANDLERS["email"]
    return _timed(_TIMED_TEMPLATES, copy / path.relative_to(PROJECT), copy / SHARED.name)


def _import(module: str, *folders: Path) -> float:
    return _timed(_TIMED.format(module=module), *folders)


def _timed(code: str, *folders: Path) -> float:
    ended = subprocess.run(
        python("-c", code),
        env=clean_environment(*folders) | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folders[0],
        stdout=subprocess.PIPE,
        timeout=TIMEOUT,
        check=True,
    )
    return float(ended.stdout)


def _shown(times: dict[str, float]) -> str:
    return ", ".join(_each(times.items()))


def _each(times: Iterable[tuple[str, float]]) -> Iterable[str]:
    return (f"{function} {milliseconds:.0f} ms" for function, milliseconds in times)
