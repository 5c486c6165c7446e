"""The errors that the stub returns."""

from tests.benchmarks.stub.sizes import Item


class RefusedError(Exception):
    """An AWS error with the service's `code`. `item` is the item that failed a condition."""

    def __init__(self, code: str, message: str = "", item: Item | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.item = item


#: The code of a failed condition of a single request.
CONDITION_FAILED = "ConditionalCheckFailedException"


def expect(holds: object, rule: str) -> None:
    """Reject a request that violates a rule of AWS."""
    if not holds:
        raise RefusedError("ValidationException", rule)
