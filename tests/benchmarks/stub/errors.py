"""What the stub answers when it does not do what it was asked."""

from tests.benchmarks.stub.sizes import Item


class RefusedError(Exception):
    """An AWS error; `code` as the service has it. `item` is what stood against a condition."""

    def __init__(self, code: str, message: str = "", item: Item | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.item = item


#: The code of a condition that does not hold, of a single request.
CONDITION_FAILED = "ConditionalCheckFailedException"


def expect(holds: object, rule: str) -> None:
    """Refuse a request that breaks one of AWS's rules."""
    if not holds:
        raise RefusedError("ValidationException", rule)
