"""The DynamoDB operations that the stores call directly, as a protocol.

botocore's client implements it as well as `json_client.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, Protocol, TypedDict

from notification_core.adapters.dynamodb.fast.attributes import Attribute, RawItem


class Statement(TypedDict):
    """A PartiQL statement of a batch."""

    Statement: str
    Parameters: list[Attribute]
    ReturnValuesOnConditionCheckFailure: NotRequired[str]


class StatementError(TypedDict):
    """The reason why a statement was not carried out."""

    Code: str
    Message: str
    Item: NotRequired[RawItem]  #: the stored item, if a condition failed and the statement asks


class Response(TypedDict, total=False):
    """The response to one statement of a batch."""

    TableName: str
    Item: RawItem
    Error: StatementError


class LowLevelClient(Protocol):
    """A DynamoDB client whose requests and responses have the form of DynamoDB's API."""

    def batch_execute_statement(self, *, Statements: Sequence[Statement]) -> Mapping[str, Any]:  # noqa: N803
        """Run up to 25 PartiQL statements."""

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N803
        """Read up to 100 items."""

    def query(self, **request: Any) -> Mapping[str, Any]:
        """Read a page of an index."""

    def put_item(self, *, TableName: str, Item: RawItem) -> object:  # noqa: N803
        """Store an item, in place of the item with its key."""

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> object:  # noqa: N803
        """Write all or nothing."""
