"""Stores each `target.json` in this folder in the tables after every deployment."""

from pathlib import Path
from typing import Any

from notification_core.entrypoints.custom_resource import answer
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration.manifests import read_manifests, sync_targets


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a CloudFormation custom resource request."""
    return answer(
        event, context, lambda: sync_targets(ports(), read_manifests(Path(__file__).parent))
    )
