"""Which packages the functions are built from, for which processors."""

from pathlib import Path

import pytest

from infra import wheels
from tests.architecture.templates import ROOT, read


def test_every_requirement_and_every_runtime_is_asked_for() -> None:
    versions = read("template.yaml")["Parameters"]["PythonRuntime"]["AllowedValues"]
    files = {requirement.relative_to(ROOT).as_posix() for requirement in wheels.requirements(ROOT)}

    assert [f"python{runtime}" for runtime in wheels.runtimes(ROOT)] == versions
    assert files >= {"shared/requirements.txt", "functions/targets/email/requirements.txt"}
    assert len(files) == len(list((ROOT / "functions").rglob("requirements.txt"))) + 1


def test_every_architecture_of_the_template_is_asked_for() -> None:
    architectures = read("template.yaml")["Parameters"]["Architecture"]["AllowedValues"]

    assert set(wheels.MACHINES) == set(architectures)


def test_a_runtime_of_the_older_system_gets_nothing_that_asks_for_a_newer_one() -> None:
    older, newer = (wheels.command([], each, "aarch64") for each in ("3.11", "3.12"))

    assert "--platform=manylinux2014_aarch64" in older
    assert not any("manylinux_2_28" in each or "manylinux_2_34" in each for each in older)
    assert "--platform=manylinux_2_34_aarch64" in newer
    assert "--only-binary=:all:" in older


def test_what_has_no_binary_package_is_refused(tmp_path: Path) -> None:
    """A folder is the whole index, so that nothing is asked of a network."""
    file = tmp_path / "requirements.txt"
    file.write_text(f"--no-index\n--find-links {tmp_path}\nno-such-package==1.0\n")

    error = wheels.refusal([file], "3.13", "arm64")

    assert "no-such-package==1.0" in error


@pytest.mark.parametrize(
    ("refused", "code", "says"),
    [
        (set(), 0, "can be built"),
        ({("3.14", "arm64")}, 1, "built for arm64 and Python 3.14: gone"),
        (None, 0, "NOT CHECKED"),
    ],
)
def test_one_that_is_missing_fails_and_an_index_that_is_silent_does_not(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    refused: set[tuple[str, str]] | None,
    code: int,
    says: str,
) -> None:
    def refusal(_files: object, version: str, architecture: str) -> str:
        return "gone" if refused is None or (version, architecture) in refused else ""

    monkeypatch.setattr(wheels, "refusal", refusal)

    assert wheels.main() == code
    assert says in "".join(capsys.readouterr())
