"""What the API does while Lambda initialises a container, so that no caller waits for it."""

import os

from notifications.adapters.schema import load_library
from notifications.edge.wiring import ports


def initialise() -> None:
    """Make the clients, and import what the first request for a notification needs.

    A module that is imported elsewhere, such as for the OpenAPI document, has no environment yet.
    """
    # Reserved by Lambda (AWS Lambda Developer Guide, "Defined runtime environment variables").
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        ports()
        load_library()
