"""The results of an import."""

from dataclasses import dataclass

from notification_system.enums import ImportResult
from notification_system.errors import ApiError


@dataclass(frozen=True, slots=True)
class ImportedItem:
    """The result of one item of `import_batch`; `error` says why it is skipped or invalid.

    `id` is that of the entity here, or the user's id for an opt-out.
    """

    result: ImportResult
    id: str | None = None
    error: ApiError | None = None
