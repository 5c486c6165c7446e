"""CloudFormation's custom resources: do the work, then tell the stack.

Source: AWS CloudFormation User Guide, "Custom resource request and response objects".
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from notifications.edge.observability import logger


def answer(
    event: dict[str, Any], context: Any, work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Run the work unless the resource is being deleted; returns what it returned.

    An event without a `ResponseURL`, as from `sam local invoke`, is told to nobody.
    """
    status, data = "SUCCESS", dict[str, Any]()
    try:
        if event.get("RequestType") != "Delete":
            data = work()
    except Exception as error:  # noqa: BLE001 - the stack must hear of it, or it waits an hour
        logger.exception("a custom resource failed")
        status, data = "FAILED", {"error": type(error).__name__}
    if event.get("ResponseURL"):
        _tell(event, context, status)
    elif status == "FAILED":
        raise RuntimeError(f"the work failed: {data['error']}")
    logger.info("custom resource", extra={"status": status, **data})
    return data


def _tell(event: dict[str, Any], context: Any, status: str) -> None:
    said = {
        "Status": status,
        "Reason": f"see the log stream {context.log_stream_name}",
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(said).encode()
    # The pre-signed URL is signed for an empty content type.
    request = Request(  # noqa: S310 - CloudFormation's own URL
        event["ResponseURL"], body, {"Content-Type": ""}, method="PUT"
    )
    with urlopen(request, timeout=10):  # noqa: S310 - CloudFormation's own URL
        pass
