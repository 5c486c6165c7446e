"""What the API does while Lambda initialises a container, so that no caller waits for it."""

import gc
import os

from notification_core.adapters.json_schema import load_library
from notification_core.runtime.wiring import ports


def initialise() -> None:
    """Make the clients, and import what the first request for a notification needs.

    A module that is imported elsewhere, such as for the OpenAPI document, has no environment yet.
    """
    # Reserved by Lambda (AWS Lambda Developer Guide, "Defined runtime environment variables").
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        ports()
        load_library()
    # All of this stands for as long as the process. A full collection would look through it for
    # 30 ms: at once, and every few hundred notifications in the midst of a request.
    gc.freeze()
    gc.enable()
