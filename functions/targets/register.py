"""After every deployment: each `target.json` beside this file goes into the tables."""

from pathlib import Path
from typing import Any

from notification_core.entrypoints.custom_resource import answer
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration.manifests import read_manifests, sync_targets


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a CloudFormation custom resource."""
    return answer(
        event, context, lambda: sync_targets(ports(), read_manifests(Path(__file__).parent))
    )
