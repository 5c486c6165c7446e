"""The HTTP API. Its routes are in `entrypoints/http_api/routes`; they contain no business rules."""

import gc

gc.disable()  # until `initialise`: collections during imports take a sixth of a cold start

from typing import Any

from notification_core.entrypoints.http_api.initialise import initialise
from notification_core.entrypoints.http_api.resolver import Api
from notification_core.entrypoints.http_api.routes import SUBJECTS

app = Api(*SUBJECTS)


@app.get("/openapi.json", include_in_schema=False)
def openapi() -> dict[str, Any]:
    """Describe this API."""
    return app.document()


initialise()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle an API Gateway REST proxy event."""
    return app.handle(event, context)
