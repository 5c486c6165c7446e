"""The faults that the proxy injects, their rates, and their counts."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from random import Random

from tests.chaos.http import Message, json_answer

DYNAMODB = "DynamoDB_20120810"
SQS = "AmazonSQS"


class Fault(StrEnum):
    """A fault of a request or of one of its parts; the values are rows of the final table."""

    THROTTLED = "requests throttled"
    FAILED = "requests answered 500 or 503"
    CUT_BEFORE = "connections cut, request lost"
    CUT_AFTER = "connections cut, answer lost"
    DELAYED = "requests delayed"
    STATEMENT_REFUSED = "statements refused"
    STATEMENT_UNREPORTED = "statements executed, reported as failed"
    MESSAGE_REFUSED = "messages refused"
    MESSAGE_DROPPED = "messages dropped"
    MESSAGE_DOUBLED = "messages duplicated"


#: The probability of each fault for a request, a statement or a message; the default is zero.
Rates = Mapping[Fault, float]

REQUEST_FAULTS = (
    Fault.THROTTLED,
    Fault.FAILED,
    Fault.CUT_BEFORE,
    Fault.CUT_AFTER,
    Fault.DELAYED,
)
STATEMENT_FAULTS = (Fault.STATEMENT_REFUSED, Fault.STATEMENT_UNREPORTED)
MESSAGE_FAULTS = (Fault.MESSAGE_REFUSED, Fault.MESSAGE_DROPPED, Fault.MESSAGE_DOUBLED)


class Faults:
    """Draws faults and counts them. `rates` may be replaced at any time.

    Args:
        random: the source of the draws; the same seed and requests give the same faults.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rates: Rates = {}
        self.counts: Counter[str] = Counter()

    def draw(self, among: tuple[Fault, ...]) -> Fault | None:
        """Draw at most one of these faults and count it."""
        drawn = self.random.random()
        for fault in among:
            drawn -= self.rates.get(fault, 0)
            if drawn < 0:
                self.counts[fault] += 1
                return fault
        return None


def is_subject_to_faults(request: Message) -> bool:
    """Return whether the request goes to DynamoDB or SQS, the services with faults."""
    return request.header("X-Amz-Target").partition(".")[0] in {DYNAMODB, SQS}


def throttling(request: Message) -> Message:
    """Return the answer of DynamoDB or SQS to a throttled request.

    Source: Amazon DynamoDB Developer Guide, "Error handling"; Amazon SQS API Reference, "Errors".
    """
    of_sqs = request.header("X-Amz-Target").startswith(SQS)
    code = "RequestThrottled" if of_sqs else "ProvisionedThroughputExceededException"
    namespace = "com.amazonaws.sqs" if of_sqs else "com.amazonaws.dynamodb.v20120810"
    return json_answer(400, {"__type": f"{namespace}#{code}", "message": "Throughput exceeded."})


def failure(random: Random) -> Message:
    """Return the answer of a service with an internal error."""
    status, code = random.choice([(500, "InternalServerError"), (503, "ServiceUnavailable")])
    return json_answer(status, {"__type": code, "message": "Internal error."})
