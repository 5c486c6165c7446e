"""The requests that one step of a notification's processing makes."""

from dataclasses import dataclass

#: Items of one request to the API, and messages of one batch of a consumer. Each message names up
#: to BATCH notifications. A test compares both numbers with the functions and the template.
BATCH, MESSAGES = 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The requests of one notification in one step; fractions if notifications share a request."""

    reads: float  #: DynamoDB's read units
    writes: float  #: DynamoDB's write units
    sqs: float  #: requests that the function sends
    puts: float  #: requests to S3
    gets: float  #: requests to S3
    requests: float  #: all requests to AWS, sequential or concurrent
    log_bytes: float  #: bytes, as CloudWatch counts them
    metrics: frozenset[str] = frozenset()  #: names of the custom metrics
