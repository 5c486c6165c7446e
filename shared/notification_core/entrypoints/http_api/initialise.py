"""Work that the API does while Lambda initialises a container, so that no caller waits for it."""

import gc
import os

from notification_core.adapters.json_schema import load_library
from notification_core.runtime.wiring import ports


def initialise() -> None:
    """Create the clients, and import the libraries that the first notification request needs.

    Outside of Lambda, for example when the OpenAPI document is built, there is no environment yet.
    """
    # Reserved by Lambda (AWS Lambda Developer Guide, "Defined runtime environment variables").
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        ports()
        load_library()
    # These objects live as long as the process. A full garbage collection would scan them for
    # 30 ms: now, and again in the middle of a request every few hundred notifications.
    gc.freeze()
    gc.enable()
