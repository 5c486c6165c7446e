"""The repository's templates as CloudFormation receives them, transformed once for all tests."""

from typing import Any

import pytest

from infra.local.layout import StackError
from infra.template_check.check import templates
from tests.architecture.templates import ROOT


@pytest.fixture(scope="session")
def transformed() -> dict[str, dict[str, Any]]:
    """The templates after the SAM transform, for each value of EmailTransport."""
    try:
        return templates(ROOT)
    except StackError as reason:
        pytest.skip(str(reason))
