"""A batch of requests, each with its own result."""

from typing import Any

from pydantic import ValidationError

from notification_core.entrypoints.http_api.accepted import BatchResponse
from notification_core.entrypoints.http_api.new_notification import NewBatch, NewBatchItem
from notification_core.entrypoints.http_api.problems import Problem, problem_of_input
from notification_core.ports import Ports
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule_all


def schedule_batch(ports: Ports, caller: str, batch: NewBatch) -> BatchResponse:
    """Accept the valid items and describe the problems of the others, in the order sent."""
    read = [_read(item) for item in batch.items]
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
