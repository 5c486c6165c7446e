"""The example target as if its folder were under `functions/targets/`."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from notification_core.ports import Ports
from notification_core.usecases.administration.manifests import (
    read_manifest,
    read_manifests,
    sync_targets,
)
from tests.functions.conftest import live
from tests.functions.lambda_calls import Api
from tests.simulator import ROOT

__all__ = ["live"]

EXAMPLE = ROOT / "docs/examples/webhook"
NAME = "functions.targets.webhook.handler"


def handler() -> ModuleType:
    """Load the example's handler."""
    spec = importlib.util.spec_from_file_location(NAME, EXAMPLE / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def api(live: Ports) -> Iterator[Api]:
    """The API, with the example deployed beside the shipped targets."""
    shipped = read_manifests(ROOT / "functions/targets")
    sync_targets(live, [*shipped, read_manifest(EXAMPLE / "target.json")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, NAME, handler())
        yield Api()
    sync_targets(live, shipped)
