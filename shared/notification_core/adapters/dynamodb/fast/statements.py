"""Many conditional writes in one request: PartiQL's BatchExecuteStatement.

Up to 25 statements a request, a condition and an outcome each, at the price of single writes
(Amazon DynamoDB API Reference, BatchExecuteStatement).
"""

import logging
import random
import time
from collections.abc import Sequence
from typing import Any

from notification_core.adapters.aws_json import passes
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.batches import batches

logger = logging.getLogger(__name__)

#: Statements of one request.
BATCH = 25
#: Requests at once.
PARALLEL = 4
#: Rounds for statements that DynamoDB had no capacity for.
ROUNDS = 5

#: Codes of a statement's error that say nothing against trying it again.
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)

#: `{"Statement", "Parameters", ...}` as the API has it.
Statement = dict[str, Any]
#: `{"Item"}` or `{"Error": {"Code", "Message", "Item"}}` as the API has it.
Response = dict[str, Any]


class StatementFailed(Exception):
    """DynamoDB did not carry out a statement; its message is DynamoDB's code."""


def execute(client: Any, statements: Sequence[Statement]) -> list[Response]:
    """Run statements on distinct items; returns a response each, in order.

    Statements that were throttled are tried again before they are reported. Where DynamoDB refuses
    a whole request, because it cannot read one parameter, its statements are sent one by one.

    The items should be distinct, since no page of AWS says what a batch does with two statements of
    one item (BatchWriteItem refuses such a request).
    """
    responses: dict[int, Response] = {}
    waiting = list(range(len(statements)))
    for round_ in range(ROUNDS):
        if round_:
            time.sleep(random.uniform(0, 0.05 * 2**round_))  # noqa: S311 - not a secret
        chunks = list(batches(waiting, BATCH))
        for places, answers in zip(chunks, _run(client, statements, chunks), strict=True):
            responses |= dict(zip(places, answers, strict=True))
        waiting = [place for place in waiting if error_code(responses[place]) in PASSING]
        if not waiting:
            break
    return [responses[place] for place in range(len(statements))]


def _run(
    client: Any, statements: Sequence[Statement], chunks: Sequence[Sequence[int]]
) -> list[list[Response]]:
    def request(places: Sequence[int]) -> list[Response]:
        batch = [statements[place] for place in places]
        try:
            answers: list[Response] = client.batch_execute_statement(Statements=batch)["Responses"]
        except Exception as error:  # noqa: BLE001 - other chunks may have been carried out
            if len(places) > 1 and not passes(error):
                logger.warning("a request was refused whole: %s", type(error).__name__)
                return [response for place in places for response in request([place])]
            failed = {"Error": {"Code": f"{type(error).__name__}: {error}", "Message": ""}}
            return [failed] * len(batch)
        return answers

    return in_parallel(request, chunks, PARALLEL)


def error_code(response: Response) -> str | None:
    """Return the statement's error code, or None when it was carried out."""
    error = response.get("Error")
    return None if error is None else str(error["Code"])
