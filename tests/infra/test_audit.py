"""`make audit` tells a vulnerable package from one that could not be audited."""

import subprocess
from pathlib import Path

import pytest

from tests.simulator import ROOT

CLEAN = "echo 'No known vulnerabilities found'"
VULNERABLE = (
    "echo 'Found 1 known vulnerability in 1 package'; echo 'jinja2 2.4.1 PYSEC-2014-8'; exit 1"
)
SKIPPED = "echo 'Name    Skip Reason'; echo 'twilio  Dependency not found on PyPI'"
UNREACHABLE = "echo 'ConnectionError: no route'; exit 1"


def audit(folder: Path, pip_audit: str, mode: str = "") -> tuple[int, str]:
    """Run `make audit` with a stand-in for pip-audit; return its exit code and output."""
    program = folder / "audit/bin/pip-audit"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{pip_audit}\n")
    program.chmod(0o755)
    (folder / "audit/.ready").touch()
    command = ["make", "--no-print-directory", "audit", f"TOOLS={folder}", f"AUDIT={mode}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, done.stdout


def test_clean_packages_pass(tmp_path: Path) -> None:
    code, out = audit(tmp_path, CLEAN, "strict")

    assert (code, out) == (0, "Every pinned package audited, no known vulnerability\n")


@pytest.mark.parametrize("mode", ["", "strict"])
def test_a_vulnerability_fails_and_is_named(tmp_path: Path, mode: str) -> None:
    code, out = audit(tmp_path, VULNERABLE, mode)

    assert code != 0
    assert "PYSEC-2014-8" in out


@pytest.mark.parametrize("pip_audit", [SKIPPED, UNREACHABLE])
@pytest.mark.parametrize(("mode", "passes"), [("", True), ("strict", False)])
def test_a_missing_audit_is_not_reported_as_clean(
    tmp_path: Path, pip_audit: str, mode: str, *, passes: bool
) -> None:
    code, out = audit(tmp_path, pip_audit, mode)

    assert out.startswith("NOT AUDITED")
    assert "no known vulnerability" not in out
    assert (code == 0) is passes
