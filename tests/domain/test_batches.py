"""Cutting many things into pieces."""

import pytest

from notification_core.domain.batches import batches


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])]
)
def test_a_sequence_is_cut_into_pieces_that_hold_it_all(count: int, sizes: list[int]) -> None:
    pieces = list(batches(range(count), 10))

    assert [len(piece) for piece in pieces] == sizes
    assert [each for piece in pieces for each in piece] == list(range(count))
