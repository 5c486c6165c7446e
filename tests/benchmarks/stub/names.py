"""Names that the stub and the benchmarks share."""

from uuid import NAMESPACE_URL, uuid5

#: The table of counters.
COUNTERS = "counters"


def record_id(number: int) -> str:
    """Return the id of the n-th user's record."""
    return str(uuid5(NAMESPACE_URL, f"record {number}"))
