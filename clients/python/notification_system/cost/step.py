"""What one notification costs in one step of its way."""

from dataclasses import dataclass

#: Items of one request to the API, and messages of one batch of a consumer, each of which names as
#: many notifications: a test holds both to the functions and to the template.
BATCH, MESSAGES = 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one notification costs in one step: fractions where several share a request."""

    reads: float  #: DynamoDB's read units
    writes: float  #: and write units
    sqs: float  #: requests that the function sends
    puts: float  #: S3
    gets: float
    requests: float  #: to AWS, one after another or side by side
    log_bytes: float  #: as CloudWatch counts them
    metrics: frozenset[str] = frozenset()  #: names of the custom metrics
