"""The error of every DynamoDB request that was not carried out, and DynamoDB's error codes."""

from collections.abc import Sequence

from notification_core.adapters.aws_json import AwsError

#: The code of a failed condition in a statement's error and a transaction's reasons.
CONDITION_FAILED = "ConditionalCheckFailed"
#: The code of a failed condition of a single write.
CONDITION_FAILED_ALONE = "ConditionalCheckFailedException"
#: The code of an insertion whose item exists.
DUPLICATE = "DuplicateItem"
#: The code of a conflict with another running transaction.
CONFLICT = "TransactionConflict"
#: The code of a transaction that was not carried out.
CANCELLED = "TransactionCanceledException"


class DynamoDBError(AwsError):
    """DynamoDB did not carry out a request, a statement or a transaction.

    Args:
        code: DynamoDB's error code.
        request_id: AWS's id of the request.
        reasons: the code of each write of a cancelled transaction; "None" for a write that did not
            cause the cancellation.
    """

    def __init__(
        self, code: str, request_id: str | None = None, reasons: Sequence[str] = ()
    ) -> None:
        super().__init__(code, request_id)
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        """Return the code, and the reasons if there are any."""
        return ": ".join([super().__str__(), *filter(None, [", ".join(self.reasons)])])
