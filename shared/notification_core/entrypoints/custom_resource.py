"""CloudFormation custom resources: do the work, then report the result to the stack.

Source: AWS CloudFormation User Guide, "Custom resource request and response objects".
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from notification_core.runtime.observability import bind_request, logger

#: Characters; CloudFormation accepts responses of up to 4 KB.
REASON_LENGTH = 1000


def answer(
    event: dict[str, Any], context: Any, work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Run the work unless the resource is being deleted; returns the result of the work.

    For an event without a `ResponseURL`, as from `sam local invoke`, no response is sent.
    """
    bind_request(context)
    status, data, reason = "SUCCESS", dict[str, Any](), ""
    try:
        if event.get("RequestType") != "Delete":
            data = work()
    except Exception as error:  # noqa: BLE001 - without a response the stack waits an hour
        logger.exception("a custom resource failed")
        status, data = "FAILED", {"error": type(error).__name__}
        # A ValueError only describes an error in a file of the deployment, so it may be shown.
        reason = f"{error}; " if isinstance(error, ValueError) else ""
    if event.get("ResponseURL"):
        _send_response(event, context, status, reason[:REASON_LENGTH])
    elif status == "FAILED":
        raise RuntimeError(f"the work failed: {data['error']}")
    logger.info("custom resource", extra={"status": status, **data})
    return data


def _send_response(event: dict[str, Any], context: Any, status: str, reason: str) -> None:
    fields = {
        "Status": status,
        "Reason": f"{reason}see the log stream {context.log_stream_name}",
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(fields).encode()
    # The pre-signed URL is signed for an empty content type.
    request = Request(  # noqa: S310 - CloudFormation's own URL
        event["ResponseURL"], body, {"Content-Type": ""}, method="PUT"
    )
    with urlopen(request, timeout=10):  # noqa: S310 - CloudFormation's own URL
        pass
