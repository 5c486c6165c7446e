"""Generated from `_async` by `make client`; edit that instead."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from notification_system._sync.calls import Calls
from notification_system.enums import ImportResult, UndoResult
from notification_system.errors import api_error
from notification_system.imports.results import ImportedItem


class Imports(Calls):
    """The methods for imports."""

    def import_batch(
        self, source: str, items: Iterable[Mapping[str, Any]], *, dry_run: bool | None = None
    ) -> list[ImportedItem]:
        """Import records, opt-outs and notifications; return one result for each, in order.

        Items are sent in batches of up to 100. A repetition changes nothing, so the call can be
        repeated after any error.

        Args:
            source: the name of the other system, such as `django-notification-system`.
            items: as `POST /imports/batch` takes them; docs/api.md lists their fields.
            dry_run: only check the items, each by itself, and store nothing. Of a notification
                whose record does not exist yet, only the fields are checked.

        Raises:
            SendInterrupted: the API could not be reached, or rejects the caller.
        """

        def send(batch: Sequence[Mapping[str, Any]]) -> list[ImportedItem]:
            body = {"source": source, "items": batch} | ({"dry_run": True} if dry_run else {})
            answer = self.request("POST", "/imports/batch", body)
            return [_imported(item) for item in answer["items"]]

        return self._in_batches(map(dict, items), send)

    def undo_import(self, source: str, items: Iterable[Mapping[str, Any]]) -> list[UndoResult]:
        """Remove imported items that have not changed since; return one result for each, in order.

        Args:
            source: the name that the import had.
            items: `{kind, key}` of each, and for an opt-out its `user`.

        Raises:
            SendInterrupted: the API could not be reached, or rejects the caller.
        """

        def send(batch: Sequence[Mapping[str, Any]]) -> list[UndoResult]:
            answer = self.request("POST", "/imports/undo", {"source": source, "items": batch})
            return [UndoResult(item) for item in answer["items"]]

        return self._in_batches(map(dict, items), send)


def _imported(item: Mapping[str, Any]) -> ImportedItem:
    problem = item["problem"]
    error = problem and api_error(problem.get("status", HTTPStatus.UNPROCESSABLE_ENTITY), problem)
    return ImportedItem(ImportResult(item["result"]), item["id"], error or None)
