"""What the API asks of DynamoDB, counted by what stands in for it."""

from tests.benchmarks.api import reads_of_batches
from tests.benchmarks.processes import aws


def test_a_batch_reads_as_often_for_a_hundred_users_as_for_one() -> None:
    """The address books, their records, the opt-outs; targets and modules were read before."""
    with aws() as stub:
        reads = reads_of_batches(stub, [1, 10, 100])

    assert reads == {1: 3, 10: 3, 100: 3}
