"""Batches of requests, each with its own result."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from notification_core.domain.errors import InvalidInput
from notification_core.entrypoints.http_api.accepted import BatchResponse
from notification_core.entrypoints.http_api.new_notification import NewBatch, NewBatchItem
from notification_core.entrypoints.http_api.problems import Problem, problem_of, problem_of_input
from notification_core.ports import Ports
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule_all

#: The entries of `to` in all items of a batch, as many as one request can register in its time.
MAX_RECIPIENTS_OF_BATCH = 1000


def schedule_batch(ports: Ports, caller: str, batch: NewBatch) -> BatchResponse:
    """Accept the valid items and describe the problems of the others, in the order sent."""
    read = _within_limit([_read(item) for item in batch.items])
    drafts = [item for item in read if isinstance(item, Draft)]
    results = iter(schedule_all(ports, caller, drafts))
    return BatchResponse.fitting(
        [next(results) if isinstance(item, Draft) else item for item in read]
    )


def _read(item: Any) -> Draft | Problem:
    try:
        valid = NewBatchItem.model_validate(item)
    except ValidationError as error:
        return problem_of_input(
            {**detail, "loc": ("body", *detail["loc"])}
            for detail in error.errors(include_url=False)
        )
    return valid.draft(valid.idempotency_key)


def _within_limit(read: Sequence[Draft | Problem]) -> list[Draft | Problem]:
    """Refuse the items from the one on with which the batch has too many recipients."""
    limited: list[Draft | Problem] = []
    count = 0
    for item in read:
        count += len(item.to or ()) if isinstance(item, Draft) else 0
        too_many = isinstance(item, Draft) and item.to and count > MAX_RECIPIENTS_OF_BATCH
        limited.append(problem_of(_TOO_MANY) if too_many else item)
    return limited


_TOO_MANY = InvalidInput.of(
    "to",
    f"the items of a batch have at most {MAX_RECIPIENTS_OF_BATCH} recipients in all; send this item"
    " in another batch",
)
