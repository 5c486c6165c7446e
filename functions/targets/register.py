"""After every deployment: each `target.json` beside this file goes into the tables."""

from pathlib import Path
from typing import Any

from notifications.edge.custom_resource import answer
from notifications.edge.wiring import ports
from notifications.usecases.register import read_manifests, register


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a CloudFormation custom resource."""
    return answer(event, context, lambda: register(ports(), read_manifests(Path(__file__).parent)))
