"""A use case is given the ports that it needs, and no others."""

import ast
from pathlib import Path

import pytest

from notification_core import ports
from notification_core.ports import Ports, needs
from tests.architecture.templates import ROOT

USE_CASES = sorted((ROOT / "shared/notification_core/usecases").rglob("[!_]*.py"))


@pytest.mark.parametrize("path", USE_CASES, ids=lambda path: path.stem)
def test_no_use_case_names_all_ports(path: Path) -> None:
    names = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [node.id]
            if isinstance(node, ast.Name)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert "Ports" not in names


def test_each_port_has_a_protocol_of_its_own() -> None:
    protocols = [getattr(needs, name) for name in vars(needs) if name.startswith("Has")]
    ports_of = {name for each in protocols for name in vars(each) if not name.startswith("_")}

    assert ports_of == set(Ports.__dataclass_fields__)
    assert {each.__name__ for each in protocols} <= set(ports.__all__)
