"""The pictures of the documentation are made small."""

import struct
import zlib

import pytest

from tests.screenshots.png import SIGNATURE, _chunk, _decoded, with_palette


def a_png(rows: list[bytes], filters: bytes, depth: int = 8) -> bytes:
    """A PNG of RGB pixels, with stored lines that are filtered like this."""
    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), depth, 2, 0, 0, 0)
    lines = b"".join(bytes([kind]) + row for kind, row in zip(filters, rows, strict=True))
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def test_each_filter_of_a_png_is_undone() -> None:
    stored = [
        bytes([10, 20, 30, 40, 50, 60]),
        bytes([1, 2, 3, 1, 1, 1]),
        bytes([5, 5, 5, 250, 0, 1]),
        bytes([1, 1, 1, 2, 2, 2]),
        bytes([3, 2, 1, 7, 7, 7]),
    ]

    width, height, rows = _decoded(a_png(stored, bytes([0, 1, 2, 3, 4])))

    assert (width, height) == (2, 5)
    assert rows == [
        [(10, 20, 30), (40, 50, 60)],
        [(1, 2, 3), (2, 3, 4)],
        [(6, 7, 8), (252, 3, 5)],
        [(4, 4, 5), (130, 5, 7)],
        [(7, 6, 6), (137, 13, 14)],
    ]


def test_a_picture_keeps_its_frequent_colours_and_brings_others_to_the_nearest() -> None:
    frequent = [bytes([place, place, place]) * 2 for place in range(256)]
    rare = bytes([100, 100, 101])

    small = with_palette(a_png([*frequent, rare + frequent[7][:3]], bytes(257)))

    palette = small[small.index(b"PLTE") + 4 :][: 3 * 256]
    start = small.index(b"IDAT") + 4
    pixels = zlib.decompress(small[start:])
    colours = [
        [palette[3 * place : 3 * place + 3] for place in pixels[line + 1 : line + 3]]
        for line in range(0, len(pixels), 3)
    ]
    assert colours[:256] == [[row[:3], row[3:]] for row in frequent]
    assert colours[256] == [bytes([100, 100, 100]), bytes([7, 7, 7])]


def test_another_kind_of_png_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bits"):
        with_palette(a_png([bytes(6)], bytes(1), depth=16))
