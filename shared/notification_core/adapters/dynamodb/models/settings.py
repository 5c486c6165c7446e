"""Settings that the tables share, and the indexes."""

from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE
from pynamodb.indexes import KeysOnlyProjection


class OnDemand:
    """`Meta` of a table that is charged by the request."""

    billing_mode = PAY_PER_REQUEST_BILLING_MODE


class KeysOnly:
    """`Meta` of an index that contains the keys alone."""

    projection = KeysOnlyProjection()
