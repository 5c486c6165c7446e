"""Many conditional writes in one request: PartiQL's BatchExecuteStatement.

A request holds up to 25 statements. Each has its own condition and outcome, and costs as much as a
single write (Amazon DynamoDB API Reference, BatchExecuteStatement).
"""

import logging
import time
from collections.abc import Sequence

from notification_core.adapters.aws_json import passes
from notification_core.adapters.backoff import backoff
from notification_core.adapters.dynamodb.errors import CONFLICT, DynamoDBError
from notification_core.adapters.dynamodb.fast.client import LowLevelClient, Response, Statement
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.batches import batches

logger = logging.getLogger(__name__)

#: Statements of one request.
BATCH = 25
#: Concurrent requests.
PARALLEL = 4
#: Rounds for statements that DynamoDB throttles.
ROUNDS = 5

#: Error codes of statements that may be retried.
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        CONFLICT,
    }
)


def execute(client: LowLevelClient, statements: Sequence[Statement]) -> list[Response]:
    """Run statements on distinct items; returns one response per statement, in order.

    Throttled statements are retried before they are reported. If DynamoDB rejects a whole request
    because it cannot read one parameter, its statements are sent one by one.

    The items should be distinct, because AWS does not document what a batch does with two
    statements on one item (BatchWriteItem rejects such a request).
    """
    responses: dict[int, Response] = {}
    waiting = list(range(len(statements)))
    for round_ in range(ROUNDS):
        if round_:
            time.sleep(backoff(round_))
        chunks = list(batches(waiting, BATCH))
        for places, answers in zip(chunks, _run(client, statements, chunks), strict=True):
            responses |= dict(zip(places, answers, strict=True))
        waiting = [place for place in waiting if error_code(responses[place]) in PASSING]
        if not waiting:
            break
    return [responses[place] for place in range(len(statements))]


def _run(
    client: LowLevelClient, statements: Sequence[Statement], chunks: Sequence[Sequence[int]]
) -> list[list[Response]]:
    def request(places: Sequence[int]) -> list[Response]:
        batch = [statements[place] for place in places]
        try:
            answers: list[Response] = client.batch_execute_statement(Statements=batch)["Responses"]
        except Exception as error:  # noqa: BLE001 - other chunks may have succeeded
            if len(places) > 1 and not passes(error):
                logger.warning("a whole request was rejected: %s", type(error).__name__)
                return [response for place in places for response in request([place])]
            failed: Response = {
                "Error": {"Code": f"{type(error).__name__}: {error}", "Message": ""}
            }
            return [failed] * len(batch)
        return answers

    return in_parallel(request, chunks, PARALLEL)


def error_code(response: Response) -> str | None:
    """Return a statement's error code, or None if it succeeded."""
    error = response.get("Error")
    return None if error is None else str(error["Code"])


def succeeded(response: Response, rejection: str) -> bool | DynamoDBError:
    """Return whether a statement was carried out. `rejection` is the code of a failed condition.

    Other errors are returned, because the other statements of the batch may have succeeded.
    """
    code = error_code(response)
    return code is None if code in {None, rejection} else DynamoDBError(str(code))
