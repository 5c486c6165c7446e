"""The shape of the source: small files, small functions, one handler a function, tests beside."""

import ast
from pathlib import Path

import pytest

from tests.architecture.templates import ROOT

LONGEST_FILE = 200  #: lines of code: no blank ones, comments or docstrings
LONGEST_FUNCTION = 40  #: lines from its first to its last

SOURCES = sorted(
    path
    for folder in ("shared", "functions", "infra", "clients")
    for path in (ROOT / folder).rglob("*.py")
    if ".aws-sam" not in path.parts
)


def name_of(path: Path) -> str:
    """Name a file as git does."""
    return path.relative_to(ROOT).as_posix()


def lines_of_code(source: str) -> int:
    """Count the lines that hold code."""
    prose = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in prose
        for number, line in enumerate(source.splitlines(), 1)
    )


def test_code_is_counted_without_blank_lines_comments_and_docstrings() -> None:
    source = (
        '"""Doc\n\nstring."""\n\n# comment\nx = 1  # code\n\n\ndef f():\n    """Doc."""\n    x\n'
    )

    assert lines_of_code(source) == 3


def test_there_is_source_in_every_folder() -> None:
    assert {name_of(path).split("/")[0] for path in SOURCES} == {
        "shared",
        "functions",
        "infra",
        "clients",
    }


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_is_small(path: Path) -> None:
    assert lines_of_code(path.read_text()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {
        function.name: lines
        for function in functions
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }

    assert long == {}


def test_a_functions_folder_holds_one_handler() -> None:
    folders = [path for path in (ROOT / "functions").rglob("*") if path.is_dir()]
    found = {
        name_of(folder): sorted(path.name for path in folder.glob("*.py"))
        for folder in folders
        if folder.name != "__pycache__"
    }

    assert found.pop("functions/targets") == ["register.py"]
    assert found.pop("functions/callbacks") == []
    assert {tuple(files) for files in found.values()} == {("handler.py",)}


PACKAGE = ROOT / "shared/notification_core"

#: Names, texts and numbers, which the tests of their users cover.
TESTED_ELSEWHERE = {
    "batch_result",
    "claim",
    "errors",
    "explanation_texts",
    "notification_attributes",
    "polls",
    "timing",
    "turns",
}


@pytest.mark.parametrize(
    "layer",
    [
        "domain",
        *(f"usecases/{path.name}" for path in (PACKAGE / "usecases").iterdir() if path.is_dir()),
        "entrypoints",
        "providers",
        "runtime",
    ],
)
def test_a_test_bears_the_name_of_what_it_tests(layer: str) -> None:
    """`test_deliver_once.py` tests a side of `deliver.py`, `test_mail_ses.py` `mail/ses.py`."""
    home = PACKAGE / layer
    modules = {
        "_".join(path.relative_to(home).with_suffix("").parts) for path in home.rglob("*.py")
    }

    for path in (ROOT / "tests" / layer).rglob("test_*.py"):
        tested = path.stem.removeprefix("test_")
        assert any(tested == module or tested.startswith(f"{module}_") for module in modules), (
            path.name
        )


@pytest.mark.parametrize("layer", ["domain", "usecases"])
def test_every_rule_has_its_tests(layer: str) -> None:
    tests = {
        path.stem.removeprefix("test_") for path in (ROOT / "tests" / layer).rglob("test_*.py")
    }
    modules = {path.stem for path in (PACKAGE / layer).rglob("[!_]*.py")}

    assert modules - TESTED_ELSEWHERE <= tests
