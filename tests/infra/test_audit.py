"""What the audit of dependencies concludes from what pip-audit says."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.audit import Audit, files, read, verdict

CLEAN = {"name": "boto3", "version": "1.44.5", "vulns": []}
VULNERABLE = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.3"], "aliases": ["CVE-2014-1402"]}],
}
SKIPPED = {"name": "twilio", "skip_reason": "Dependency not found on PyPI: twilio (9.13.0)"}


def answer(*dependencies: dict[str, Any]) -> str:
    """What pip-audit writes."""
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_what_is_clean_passes() -> None:
    lines, status = verdict(read(answer(CLEAN)), strict=True)

    assert (lines, status) == (["1 packages audited, no known vulnerability"], 0)


@pytest.mark.parametrize("strict", [False, True])
def test_a_vulnerability_fails_and_is_named_with_its_remedy(*, strict: bool) -> None:
    lines, status = verdict(read(answer(CLEAN, VULNERABLE)), strict=strict)

    assert lines == ["vulnerable: jinja2 2.4.1: PYSEC-2014-8 (fixed in 2.7.3)"]
    assert status == 1


@pytest.mark.parametrize(("strict", "status"), [(False, 0), (True, 1)])
@pytest.mark.parametrize(
    "audit",
    [
        read(answer(CLEAN, SKIPPED)),
        read("", "Traceback\nConnectionError: no route to pypi.org\n"),
        read(""),
        read('{"other": 1}'),
    ],
)
def test_what_was_not_audited_is_no_pass(audit: Audit, *, strict: bool, status: int) -> None:
    lines, found = verdict(audit, strict=strict)

    assert lines[0].startswith("NOT AUDITED")
    assert "no known vulnerability" not in "".join(lines)
    assert found == status


def test_a_vulnerability_is_named_although_others_could_not_be_audited() -> None:
    whole = read(answer(VULNERABLE))
    whole.add(read("", "ConnectionError: no route to pypi.org"))

    lines, status = verdict(whole, strict=False)

    assert [line.partition(":")[0] for line in lines[:2]] == ["vulnerable", "NOT AUDITED"]
    assert status == 1


def test_every_file_of_requirements_is_audited_and_no_tool_or_build_of_others(
    tmp_path: Path,
) -> None:
    names = [
        "requirements.txt",
        "requirements-dev.txt",
        "functions/api/requirements.txt",
        "functions/targets/email/requirements.txt",
    ]
    others = [
        "requirements-compare.txt",
        ".local/env/x/requirements.txt",
        ".aws-sam/build/Api/requirements.txt",
    ]
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found = [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)]

    assert sorted(found) == sorted(names)
