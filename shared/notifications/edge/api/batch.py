"""A batch of requests, each with an answer of its own."""

from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from notifications.domain.errors import NotificationError
from notifications.edge.api.problems import Problem, problem_of, problem_of_input
from notifications.edge.api.requests import NewBatch, NewBatchItem
from notifications.edge.api.responses import BatchItemResponse, BatchResponse, NotificationResponse
from notifications.ports import Ports
from notifications.usecases.plan import Draft
from notifications.usecases.schedule import Scheduled, schedule_all


def schedule_batch(ports: Ports, caller: str, batch: NewBatch) -> BatchResponse:
    """Accept the good items and name what is wrong with the others, in the order sent."""
    read = [_read(item) for item in batch.items]
    drafts = [each for each in read if isinstance(each, Draft)]
    results = iter(schedule_all(ports, caller, drafts))
    answers = [
        _answer(next(results)) if isinstance(each, Draft) else _refusal(each) for each in read
    ]
    return BatchResponse(items=answers)


def _read(item: Any) -> Draft | Problem:
    try:
        valid = NewBatchItem.model_validate(item)
    except ValidationError as error:
        return problem_of_input([dict(each) for each in error.errors()])
    return valid.draft(valid.idempotency_key)


def _answer(result: Scheduled | NotificationError) -> BatchItemResponse:
    if isinstance(result, NotificationError):
        return _refusal(problem_of(result))
    shown = [NotificationResponse.of_notification(each) for each in result.notifications]
    status = HTTPStatus.CREATED if result.created else HTTPStatus.OK
    return BatchItemResponse(status=status, notifications=shown)


def _refusal(problem: Problem) -> BatchItemResponse:
    return BatchItemResponse(status=problem.status, problem=problem)
