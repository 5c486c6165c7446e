"""The import of entities of another system."""

from notification_core.domain.errors import StillSending
from notification_core.entrypoints.http_api.imports import (
    ImportBatch,
    ImportBatchResponse,
    UndoBatch,
    UndoBatchResponse,
    import_items,
    undo_items,
)
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.wiring import ports

routes = Routes("Imports")


@routes.post("/imports/batch", problems=[StillSending])
def import_entities(body: ImportBatch) -> ImportBatchResponse:
    """Import up to 100 records, opt-outs and notifications; a repetition changes nothing."""
    return import_items(ports(), body)


@routes.post("/imports/undo")
def undo_import(body: UndoBatch) -> UndoBatchResponse:
    """Undo the import of up to 100 items that have not changed since."""
    return undo_items(ports(), body)
